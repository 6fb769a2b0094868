// Enter sends, Shift+Enter breaks the line, Escape stops. The text never passes through a binding: a paste of 200 kB would close the
// circuit, whose messages may have 32 kB.
const InOneCall = 4000;
const Draft = 'draft';
// Stop takes Send's place under the pointer: for so long, in ms, a click there may still have been meant for Send.
const Settling = 300;
let listening;

export function attach(root, component, maxBytes) {
  listening?.abort();
  listening = new AbortController();
  const options = { signal: listening.signal };
  const area = root.querySelector('textarea');
  const refusal = root.querySelector('.refusal');
  let sending = false;
  let settled = 0;

  restore(area);
  grow(area);

  root.addEventListener('click', (event) => {
    // Of a double click the second half finds the other button in its place. Keys count no clicks: they stop at any time.
    const button = event.target.closest('[data-testid="send"], [data-testid="stop"]');
    if (button && (event.detail > 1 || (event.detail === 1 && button.dataset.testid === 'stop' && event.timeStamp < settled))) {
      area.focus();
    } else if (button?.dataset.testid === 'send') {
      settled = Infinity;
      send().finally(() => settled = event.timeStamp + Settling);
    } else if (button || event.target === root) {
      if (button) {
        component.invokeMethodAsync('StopAnswer').catch(() => say(refusal, 'The connection was lost before this was stopped. Stop again once it is back.'));
      }

      // Stop goes away with the focus it had.
      area.focus();
    }
  }, options);

  area.addEventListener('input', () => {
    refusal.hidden = true;
    grow(area);
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
    if (event.key === 'Escape' && !event.isComposing && !event.defaultPrevented && !document.querySelector('.rz-popup.rz-open')) {
      root.querySelector('[data-testid="stop"]')?.click();
    }
  }, options);

  // A reload, by hand or after the server came back, finds what was being written.
  window.addEventListener('pagehide', () => keep(area), options);
  document.dispatchEvent(new Event('chat:interactive'));

  async function send() {
    const text = area.value;
    if (sending || text.trim() === '' || root.querySelector('[data-testid="stop"]')) {
      return;
    }

    sending = true;
    try {
      const bytes = text.length > InOneCall ? new TextEncoder().encode(text) : null;
      if (bytes?.length > maxBytes) {
        say(refusal, `This is longer than a message may be (${Math.round(bytes.length / 1000)} of ${Math.round(maxBytes / 1000)} kB). Send it in parts.`);
        return;
      }

      const accepted = bytes
        ? await component.invokeMethodAsync('SendStream', DotNet.createJSStreamReference(bytes))
        : await component.invokeMethodAsync('SendText', text);
      if (accepted && area.value === text) {
        area.value = '';
        grow(area);
      }

      if (accepted) {
        document.dispatchEvent(new Event('chat:sent'));
      } else {
        const why = await component.invokeMethodAsync('WhyRefused');
        if (why) {
          say(refusal, why);
        }
      }
    } catch {
      say(refusal, 'The connection was lost. This may not have been sent: look above once it is back.');
    } finally {
      sending = false;
      area.focus();
    }
  }
}

export function detach() {
  listening?.abort();
}

function say(refusal, words) {
  refusal.textContent = words;
  refusal.hidden = false;
}

function grow(area) {
  if (!CSS.supports('field-sizing', 'content')) {
    area.style.height = 'auto';
    area.style.height = `${area.scrollHeight}px`;
  }
}

function keep(area) {
  try {
    sessionStorage.setItem(Draft, area.value);
  } catch {
    // No storage, or no room in it: then a reload loses the draft.
  }
}

function restore(area) {
  const reloaded = performance.getEntriesByType('navigation')[0]?.type === 'reload';
  try {
    const draft = sessionStorage.getItem(Draft);
    sessionStorage.removeItem(Draft);
    if (reloaded && draft && area.value === area.defaultValue) {
      area.value = draft;
    }
  } catch {
    // As above.
  }
}
