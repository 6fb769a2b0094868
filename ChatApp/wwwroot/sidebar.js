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
