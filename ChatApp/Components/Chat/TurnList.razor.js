import { deliver } from '../../delivery.js';
import { keep, kept } from '../../kept.js';
import { speak } from '../../say.js';

// What a reader does with messages: copies (an answer as the Markdown it was written in, a code block as its text), asks again, goes on, edits, looks at
// another version. And footnotes. One listener for all there will ever be.
export function attach(list, component, maxBytes) {
  list.addEventListener('click', (event) => {
    const button = event.target.closest('button');
    const note = event.target.closest('a[href^="#"]');
    if (note) {
      // Within the page: against its <base>, the link would lead to the start page.
      event.preventDefault();
      document.getElementById(note.hash.slice(1))?.scrollIntoView({ block: 'center' });
    } else if (button?.classList.contains('code-copy')) {
      copy(button, Promise.resolve(button.closest('.code-block').querySelector('pre').textContent));
    } else if (button) {
      act(button, button.dataset.testid);
    }
  });

  // The reason is written in the card it belongs to. Enter says no with it; Escape leaves it, and stops nothing.
  list.addEventListener('keydown', (event) => {
    if (!event.target.matches('[data-testid="refuse-reason"]') || event.isComposing || event.keyCode === 229) {
      return;
    }

    if (event.key === 'Escape') {
      event.preventDefault();
      event.target.closest('.call').querySelector('.call-head').focus();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      event.target.closest('.call-ask').querySelector('[data-testid="refuse"]').click();
    }
  });

  // What was being edited when the page went away, or when the reader left this conversation for another.
  reopen();
  new MutationObserver(reopen).observe(list, { childList: true });

  function reopen() {
    for (const user of list.querySelectorAll('.user:not([data-editing], [hidden])')) {
      const text = kept(`edit:${user.dataset.turn}`);
      if (text) {
        edit(user, user.dataset.turn, text);
      }
    }
  }

  function act(button, what) {
    const answer = button.closest('.answer');
    const user = answer?.previousElementSibling ?? button.closest('.user');
    const turn = user?.dataset.turn;
    const busy = list.hasAttribute('data-busy');
    if (what === 'approve' || what === 'refuse') {
      const card = button.closest('.call');
      call(card, 'AnswerCall', turn, button.parentElement.dataset.approval, what === 'approve', card.querySelector('[data-testid="refuse-reason"]').value.slice(0, 500));
      // The buttons go away, and would take the focus along.
      card.querySelector('.call-head').focus({ preventScroll: true });
    } else if (what === 'copy') {
      copy(button, component.invokeMethodAsync('ReadAnswer', turn));
    } else if (what === 'copy-question') {
      copy(button, Promise.resolve(user.querySelector('.block').textContent));
    } else if (what === 'edit' && !busy) {
      edit(user, turn);
      user.querySelector('.editor textarea').focus();
    } else if ((what === 'regenerate' || what === 'retry') && !busy) {
      call(button, 'Regenerate', turn);
    } else if (what === 'continue' && !busy) {
      call(button, 'Continue', turn);
    } else if ((what === 'branch-prev' || what === 'branch-next') && !busy) {
      call(button, 'Select', turn, Boolean(answer), what === 'branch-prev' ? -1 : 1);
    }
  }

  // Once at a time: the second half of a double click asks for nothing more.
  async function call(button, ...args) {
    if (button.dataset.calling) {
      return;
    }

    button.dataset.calling = '';
    refuse('');
    try {
      if (await component.invokeMethodAsync(...args) === false) {
        refuse(await component.invokeMethodAsync('WhyRefused'));
      }
    } catch {
      // The connection was lost; the page says so by itself.
    } finally {
      delete button.dataset.calling;
    }
  }

  // The composer says it: what was clicked may be gone.
  function refuse(why) {
    document.dispatchEvent(new CustomEvent('chat:refused', { detail: why }));
  }

  // The question becomes a box. The browser's own until it is sent: Blazor keeps the elements it made as it knows them.
  function edit(user, turn, text) {
    const block = user.querySelector('.block');
    const editor = document.createElement('div');
    editor.className = 'editor';
    editor.innerHTML = '<textarea data-testid="edit-text" aria-label="Edit the question" rows="1"></textarea><p class="refusal" role="alert" hidden></p>'
      + '<div><button type="button" class="button small" data-testid="edit-cancel" title="Cancel (Esc)">Cancel</button>'
      + '<button type="button" class="button small primary" data-testid="edit-send" title="Send (Enter)">Send</button></div>';
    const area = editor.querySelector('textarea');
    const refusal = editor.querySelector('.refusal');
    let sending = false;
    area.value = text ?? block.textContent;
    user.dataset.editing = '';
    user.append(editor);
    area.style.minHeight = `${Math.min(area.scrollHeight, window.innerHeight * 0.4)}px`;

    editor.addEventListener('click', (event) => {
      const name = event.target.closest('button')?.dataset.testid;
      event.stopPropagation();
      if (name === 'edit-cancel') {
        close();
      } else if (name === 'edit-send') {
        send();
      }
    });
    area.addEventListener('input', () => {
      refusal.hidden = true;
      keep(`edit:${turn}`, area.value);
    });
    area.addEventListener('keydown', (event) => {
      if (event.isComposing || event.keyCode === 229) {
        return;
      }

      if (event.key === 'Escape') {
        event.preventDefault();
        close();
      } else if (event.key === 'Enter' && !event.shiftKey) {
        event.preventDefault();
        send();
      }
    });

    function close() {
      keep(`edit:${turn}`, '');
      editor.remove();
      delete user.dataset.editing;
      user.querySelector('[data-testid="edit"]')?.focus();
    }

    async function send() {
      if (sending || area.value.trim() === '') {
        return;
      }

      sending = true;
      const outcome = await deliver(component, area.value, maxBytes, 'EditText', 'EditStream', turn);
      sending = false;
      if (outcome.accepted) {
        close();
        document.querySelector('#composer')?.focus();
        document.dispatchEvent(new Event('chat:sent'));
      } else {
        refusal.textContent = outcome.why;
        refusal.hidden = false;
      }
    }
  }
}

async function copy(button, text) {
  try {
    await write(text);
    say(button, 'copied');
  } catch {
    say(button, 'failed');
  }
}

// The text is handed over as a promise: a browser that insists on a click for the clipboard still counts this as one.
async function write(text) {
  if (window.ClipboardItem && navigator.clipboard?.write) {
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': text.then((t) => new Blob([t], { type: 'text/plain' })) })]);
    return;
  }

  // Plain HTTP from another machine: no clipboard API there, only the old way.
  const area = document.createElement('textarea');
  area.value = await text;
  area.style.cssText = 'position:fixed;opacity:0';
  document.body.append(area);
  area.select();
  const copied = document.execCommand('copy');
  area.remove();
  if (!copied) {
    throw new Error('The browser refused to copy.');
  }
}

function say(button, outcome) {
  button.dataset.outcome = outcome; // shown by the style sheet: Blazor's own text stays as it is
  speak(outcome === 'copied' ? 'Copied' : 'Not copied');
  clearTimeout(button.outcomeTimer);
  button.outcomeTimer = setTimeout(() => {
    delete button.dataset.outcome;
  }, 1600);
}
