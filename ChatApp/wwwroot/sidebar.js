// The keyboard in and for the sidebar. Where Escape does something here, it does nothing else: it would stop the answer.
document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.altKey) {
    return;
  }

  const command = event.ctrlKey || event.metaKey;
  const key = event.key.toLowerCase();
  if (command && event.shiftKey && key === 'o') {
    event.preventDefault();
    document.querySelector('[data-testid="new-chat"]')?.click();
  } else if (command && !event.shiftKey && key === 'k') {
    event.preventDefault();
    search();
  } else if (event.key === 'Escape' && escape(event.target)) {
    event.preventDefault();
  }
});

// What is renamed is mostly renamed whole.
document.addEventListener('focusin', (event) => {
  if (event.target.matches?.('.conversation .rename')) {
    event.target.select();
  }
});

// What comes in the place of what had the focus takes it as it is drawn. Told by the circuit it would come a round trip later, and take the
// keyboard from what somebody went on to meanwhile.
new MutationObserver((records) => {
  if (records.some((record) => record.target.closest?.('.sidebar, .toasts'))) {
    document.querySelectorAll('.sidebar [data-takes-focus], .toasts [data-takes-focus]').forEach(takeFocus);
  }
}).observe(document, { childList: true, subtree: true, attributeFilter: ['data-takes-focus'] });

function takeFocus(element) {
  // Once: it may be moved later.
  element.removeAttribute('data-takes-focus');
  // The button that asked for it may still be there: the list comes when it comes.
  const active = document.activeElement;
  if (!active || active === document.body || active.closest('.conversation .tools')) {
    element.focus({ preventScroll: true });
  } else if (element.matches('.rename')) {
    // It closes when it loses the focus, which it never gets.
    element.dispatchEvent(new FocusEvent('focusout', { bubbles: true }));
  }
}

function search() {
  const field = document.querySelector('[data-testid="search"]');
  if (field && document.documentElement.dataset.sidebar !== 'open') {
    document.querySelector('.menu')?.click();
  }

  field?.focus();
  field?.select();
}

// The innermost thing that Escape closes.
function escape(target) {
  if (target.matches?.('.conversation .rename')) {
    target.value = target.dataset.title;
    target.form.requestSubmit();
    return true;
  }

  if (target.matches?.('[data-testid="search"]') && target.value !== '') {
    target.value = '';
    target.dispatchEvent(new Event('input', { bubbles: true }));
    return true;
  }

  const drawer = document.querySelector('.backdrop');
  if (drawer && getComputedStyle(drawer).display !== 'none') {
    drawer.click();
    return true;
  }

  return false;
}
