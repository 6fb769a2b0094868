// Radzen's style sheet is for a hundred components, of which the page has one. What it asks with :has() about the layouts and forms that are not here, the browser
// asks again of the whole page with every element that an answer adds: the larger part of what an answer cost it.
function drop(rules) {
  for (let i = rules.cssRules.length - 1; i >= 0; i--) {
    const rule = rules.cssRules[i];
    if (/:has\(|:nth-last-child\(/.test(rule.selectorText)) {
      rules.deleteRule(i);
    } else if (rule.cssRules?.length && !(rule instanceof CSSKeyframesRule)) {
      drop(rule);
    }
  }
}

function lighten() {
  for (const { sheet } of document.querySelectorAll('link[data-theme-sheet]')) {
    if (sheet) {
      drop(sheet);
    }
  }
}

if (document.readyState === 'complete') {
  lighten();
} else {
  window.addEventListener('load', lighten);
}
