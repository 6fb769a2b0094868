// What a reader chose for this browser: the theme (else the system's) and whether the metrics are open. Runs before the first paint.
(() => {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const wide = matchMedia('(min-width: 1100px)');
  const stored = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null; // storage is switched off: the choice lasts as long as the page
    }
  };
  const store = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      // as above
    }
  };

  let theme = stored('theme');
  let rail = stored('metrics') !== 'closed';
  let sheet = false;

  function apply() {
    const shown = theme ?? (dark.matches ? 'dark' : 'light');
    root.dataset.theme = shown;
    root.dataset.metrics = (wide.matches ? rail : sheet) ? 'open' : 'closed';
    for (const link of document.querySelectorAll('link[data-theme-sheet]')) {
      link.media = link.dataset.themeSheet === shown ? 'all' : 'not all';
    }

    for (const button of document.querySelectorAll('[data-action="metrics"]')) {
      button.setAttribute('aria-expanded', root.dataset.metrics === 'open');
    }
  }

  const actions = {
    theme() {
      theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
      store('theme', theme);
    },
    metrics() {
      if (wide.matches) {
        rail = !rail;
        store('metrics', rail ? 'open' : 'closed');
      } else {
        sheet = !sheet;
      }
    },
  };

  document.addEventListener('click', (event) => {
    const action = event.target.closest?.('[data-action]')?.dataset.action;
    if (actions[action]) {
      actions[action]();
      apply();
    } else if (sheet && !event.target.closest?.('[data-testid="metrics-panel"]')) {
      sheet = false;
      apply();
    }
  });
  dark.addEventListener('change', apply);
  wide.addEventListener('change', apply);
  document.addEventListener('chat:interactive', apply);
  apply();
})();
