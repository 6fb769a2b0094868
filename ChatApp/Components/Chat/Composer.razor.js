// Enter sends, Shift+Enter breaks the line, Escape stops. The text never passes through a binding: a paste of 200 kB would close the
// circuit, whose messages may have 32 kB.
//
// What is being written is kept in this tab, for each conversation, so that a reload finds it: one by hand, and one after the circuit was lost.
import { deliver } from '../../delivery.js';
import { keep as write, kept as read } from '../../kept.js';

// Stop takes Send's place under the pointer: for so long, in ms, a click there may still have been meant for Send.
const Settling = 300;
// For so long nothing was typed before it is kept.
const Pause = 250;
let listening;

// Until the page takes clicks this is all there is: what is typed meanwhile is kept, and its place taken back.
let early = new AbortController();
let wasFocused = false;
document.addEventListener('input', (event) => event.target.id === 'composer' && store(pathKey(), event.target.value), { signal: early.signal });
takeLink();
document.addEventListener('focusin', (event) => wasFocused = event.target.id === 'composer', { signal: early.signal });

export function attach(root, component, maxBytes) {
  const isFirst = !early.signal.aborted;
  early.abort();
  listening?.abort();
  listening = new AbortController();
  const options = { signal: listening.signal };
  const area = root.querySelector('textarea');
  const refusal = root.querySelector('.refusal');
  let key = root.dataset.key ?? '';
  let sending = false;
  // The conversation it is sent in. The page may show another one by the time the answer comes.
  let sentIn;
  let settled = 0;
  let pausing;

  dropWhatArrived(key);
  if (isFirst || area.value === '') {
    area.value = draftOf(key) ?? area.value;
  }

  if (wasFocused) {
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
  }

  grow(area);

  const keys = new MutationObserver(() => follow(root.dataset.key ?? ''));
  keys.observe(root, { attributeFilter: ['data-key'] });
  listening.signal.addEventListener('abort', () => keys.disconnect());

  root.addEventListener('click', (event) => {
    // Of a double click the second half finds the other button in its place. Keys count no clicks: they stop at any time.
    const button = event.target.closest('[data-testid="send"], [data-testid="stop"]');
    if (button && (event.detail > 1 || (event.detail === 1 && button.dataset.testid === 'stop' && event.timeStamp < settled))) {
      area.focus();
    } else if (button?.dataset.testid === 'send') {
      settled = Infinity;
      send().finally(() => settled = performance.now() + Settling);
    } else if (button || event.target === root) {
      if (button) {
        stop().catch(() => say('The connection was lost before this was stopped. Stop again once it is back.'));
      }

      // Stop goes away with the focus it had.
      area.focus();
    }
  }, options);

  area.addEventListener('input', () => {
    refusal.hidden = true;
    grow(area);
    clearTimeout(pausing);
    pausing = setTimeout(keep, Pause);
  }, options);

  area.addEventListener('keydown', (event) => {
    // While an input method composes, Enter accepts its suggestion. Safari says so only by the key code.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing && event.keyCode !== 229) {
      event.preventDefault();
      send();
    }
  }, options);

  document.addEventListener('keydown', (event) => {
    // With a popup open, Escape is for closing that.
    if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented && !document.querySelector('.rz-popup.rz-open, :popover-open')) {
      root.querySelector('[data-testid="stop"]')?.click();
    }
  }, options);

  // What was clicked elsewhere and not done.
  document.addEventListener('chat:refused', (event) => say(event.detail ?? ''), options);
  window.addEventListener('pagehide', keep, options);
  document.dispatchEvent(new Event('chat:interactive'));

  async function send() {
    const text = area.value;
    if (sending || text.trim() === '' || root.querySelector('[data-testid="stop"]')) {
      return;
    }

    sending = true;
    sentIn = key;
    try {
      keep();
      write(`sending:${sentIn}`, text);
      const outcome = await deliver(component, text, maxBytes, 'SendText', 'SendStream');
      if (!outcome.isUnsure) {
        write(`sending:${sentIn}`, '');
      }

      if (key !== sentIn) {
        if (outcome.accepted && draftOf(sentIn) === text) {
          store(sentIn, '');
        }
      } else if (outcome.accepted) {
        if (area.value === text) {
          area.value = '';
          grow(area);
        }

        keep();
        document.dispatchEvent(new Event('chat:sent'));
      } else if (outcome.why) {
        say(outcome.why);
      }
    } finally {
      sending = false;
      // Not where somebody went on to something else meanwhile.
      if (!document.activeElement || document.activeElement === document.body || root.contains(document.activeElement)) {
        area.focus();
      }
    }
  }

  async function stop() {
    refusal.hidden = true;
    if (await component.invokeMethodAsync('StopAnswer') === false) {
      say(await component.invokeMethodAsync('WhyRefused') ?? 'This could not be stopped. Stop again.');
    }
  }

  // The page shows another conversation; or the one begun here was given its id, which is not the address's yet.
  function follow(next) {
    if (next === key) {
      return;
    }

    const begun = key === '' && pathKey() !== next;
    if (begun) {
      if (sending && sentIn === '') {
        write(`sending:${next}`, read('sending:') ?? '');
        write('sending:', '');
        sentIn = next;
      }

      store(key, '');
      key = next;
      keep();
      return;
    }

    keep();
    key = next;
    area.value = draftOf(key) ?? '';
    refusal.hidden = true;
    grow(area);
    if (matchMedia('(hover: hover)').matches && !document.activeElement?.closest('.toast')) {
      area.focus();
    }
  }

  function keep() {
    clearTimeout(pausing);
    store(key, area.value);
  }

  function say(words) {
    refusal.textContent = words;
    refusal.hidden = words === '';
  }
}

export function detach() {
  listening?.abort();
}

function grow(area) {
  if (!CSS.supports('field-sizing', 'content')) {
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }
}

// The conversation that the address names.
function pathKey() {
  return decodeURIComponent(/^\/c\/([^/]+)/.exec(location.pathname)?.[1] ?? '');
}

// A link may bring a text along. It becomes the draft once; what is made of it wins from then on.
function takeLink() {
  const text = document.querySelector('#composer')?.defaultValue ?? '';
  if (text !== '' && read(`link:${pathKey()}`) !== text) {
    write(`link:${pathKey()}`, text);
    store(pathKey(), text);
  }
}

// The page went away while this was sent. Where it stands as the last question it has arrived, and is no draft any more.
function dropWhatArrived(key) {
  const sent = read(`sending:${key}`);
  write(`sending:${key}`, '');
  const questions = document.querySelectorAll('.turns .user .block');
  if (sent && sent === draftOf(key) && questions[questions.length - 1]?.textContent === sent) {
    store(key, '');
  }
}

function store(key, text) {
  write(`draft:${key}`, text.trim() === '' ? '' : text);
}

function draftOf(key) {
  return read(`draft:${key}`);
}
