// Starts Blazor and looks after its connection.
//
// The client script tells its state only by classes on #components-reconnect-modal: -show while it tries to reconnect, -hide when it
// has, -failed when it gave up, -rejected when the server answers but no longer has the circuit (after a restart).
import '../../settled.js'; // before Blazor starts: without it text of very long answers would be lost

const modal = document.getElementById('components-reconnect-modal');
const state = (name) => modal.classList.contains(`components-reconnect-${name}`);
let interactive = false;
let leaving = false;

// Raised by the composer once its handlers are in place.
document.addEventListener('chat:interactive', () => {
  interactive = true;
  watchForErrors();
  update();
});

new MutationObserver(update).observe(modal, { attributes: true, attributeFilter: ['class'] });

// Blazor shows this when the circuit met an error it can't go on from: then nothing answers any more.
let broken = false;
const errors = new MutationObserver(() => {
  if (document.getElementById('blazor-error-ui')?.style.display === 'block' && !broken) {
    broken = true;
    update();
    reloadOnce();
  }
});
watchForErrors();

function watchForErrors() {
  const shown = document.getElementById('blazor-error-ui');
  if (shown) {
    errors.observe(shown, { attributeFilter: ['style'] });
  }
}

// Everything is kept elsewhere, so a fresh page goes on where this one was. One that breaks again at once stays, and says so.
function reloadOnce() {
  const Again = 60_000;
  try {
    if (Date.now() - Number(sessionStorage.getItem('reloaded') ?? 0) > Again) {
      sessionStorage.setItem('reloaded', Date.now());
      leaving = true;
      reloadWhenServed();
    }
  } catch {
    // No storage to remember it in: then reloading is the reader's choice.
  }
}

function update() {
  const away = broken || state('show') || state('failed') || state('rejected');
  if (interactive && !away) {
    document.body.dataset.interactive = 'true';
  } else if (document.body.dataset.interactive) {
    delete document.body.dataset.interactive;
    // What was called on the connection may never be answered.
    document.dispatchEvent(new Event('chat:away'));
  }

  if (!leaving && away && !broken) {
    leaveWhenShut();
  }

  if (!leaving && (state('failed') || state('rejected'))) {
    leaving = true;
    reloadWhenServed();
  }
}

// Once the key is gone, or the server was started again, no attempt to reconnect succeeds: the sign-in page is the way back.
let asking = false;
async function leaveWhenShut() {
  if (asking) {
    return;
  }

  asking = true;
  while (!leaving && (state('show') || state('failed') || state('rejected'))) {
    if (await shut()) {
      leaving = true;
      location.reload();
    }

    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  asking = false;
}

// Any file that is not the sign-in page's own tells.
async function shut() {
  try {
    return (await fetch('chat.css', { method: 'HEAD', cache: 'no-store' })).status === 401;
  } catch {
    return false;
  }
}

// A reload while the server is still down would leave the browser's own error page, which never comes back.
async function reloadWhenServed() {
  while (!(await served())) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }

  location.reload();
}

async function served() {
  try {
    const response = await fetch(document.baseURI, { method: 'GET', cache: 'no-store' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}

Blazor.start({
  circuit: {
    reconnectionOptions: {
      // Soon at first, then every second for as long as it takes.
      retryIntervalMilliseconds: (attempts) => (attempts === 0 ? 0 : attempts < 4 ? 300 : 1000),
    },
  },
});
