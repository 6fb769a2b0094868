// What a reader chose for this browser: the theme (else the system's), and whether the conversations and the metrics are open. Runs before the first paint.
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
  let column = stored('sidebar') !== 'closed';
  let drawer = false;

  // For the server, which puts conversations under the reader's days.
  document.cookie = `utc-offset=${-new Date().getTimezoneOffset()}; path=/; max-age=31536000; samesite=lax`;

  function apply() {
    const shown = theme ?? (dark.matches ? 'dark' : 'light');
    root.dataset.theme = shown;
    root.dataset.metrics = (wide.matches ? rail : sheet) ? 'open' : 'closed';
    root.dataset.sidebar = (wide.matches ? column : drawer) ? 'open' : 'closed';
    for (const part of document.querySelectorAll('.page > :not(.sidebar, .backdrop, .toasts)')) {
      part.inert = drawer && !wide.matches;
    }

    for (const link of document.querySelectorAll('link[data-theme-sheet]')) {
      link.media = link.dataset.themeSheet === shown ? 'all' : 'not all';
    }

    for (const button of document.querySelectorAll('button[data-action="metrics"], button[data-action="sidebar"]')) {
      button.setAttribute('aria-expanded', root.dataset[button.dataset.action] === 'open');
    }
  }

  // The drawer takes the focus along, and gives it back.
  function slide(open) {
    const inside = document.querySelector('.sidebar')?.contains(document.activeElement);
    drawer = open;
    apply();
    if (open) {
      document.querySelector('.drawer-head button')?.focus();
    } else if (inside) {
      document.querySelector('.menu')?.focus();
    }
  }

  const actions = {
    theme() {
      theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
      store('theme', theme);
    },
    sidebar() {
      if (wide.matches) {
        column = !column;
        store('sidebar', column ? 'open' : 'closed');
      } else {
        slide(!drawer);
      }
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
    } else if (drawer && !wide.matches && event.target.closest?.('.sidebar a')) {
      slide(false);
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
