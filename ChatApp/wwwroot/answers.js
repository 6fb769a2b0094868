// What the browser adds to answers by itself. As attributes of each link and each code block the circuit would carry it with every one.

// Links open beside the chat.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('.markdown a[href]');
  if (link && link.origin !== location.origin) {
    link.target = '_blank';
  }
}, true);

// What scrolls sideways can be scrolled by keyboard too, once the answer stands. What a very long answer leaves out of view is not measured before it comes into view.
function reach(within) {
  for (const box of within.querySelectorAll('.markdown :is(pre, .table):not([tabindex]) > :first-child')) {
    const { parentElement } = box;
    if (box.checkVisibility({ contentVisibilityAuto: true }) && parentElement.scrollWidth > parentElement.clientWidth) {
      parentElement.tabIndex = 0;
    }
  }
}

new MutationObserver((changes) => {
  for (const { target } of changes) {
    reach(target);
  }
}).observe(document.documentElement, { subtree: true, attributeFilter: ['data-state'] });
document.addEventListener('contentvisibilityautostatechange', (event) => !event.skipped && reach(event.target), true);
