// What the browser adds to answers by itself. As attributes of each link and each code block the circuit would carry it with every one.

// Links open beside the chat.
document.addEventListener('click', (event) => {
  const link = event.target.closest?.('.markdown a[href]');
  if (link && link.origin !== location.origin) {
    link.target = '_blank';
  }
}, true);

// What scrolls sideways can be scrolled by keyboard too, once the answer stands.
new MutationObserver((changes) => {
  for (const { target } of changes) {
    for (const box of target.querySelectorAll('.markdown pre, .markdown .table')) {
      if (box.scrollWidth > box.clientWidth) {
        box.tabIndex = 0;
      }
    }
  }
}).observe(document.documentElement, { subtree: true, attributeFilter: ['data-state'] });
