// What is read out of what a button only shows for a moment. A node of its own: Blazor keeps those it made as it knows them.
const spoken = document.createElement('div');

// Copying: an answer as the Markdown it was written in, a code block as its text. And footnotes. One listener for all there will ever be.
export function attach(list, component) {
  if (!spoken.isConnected) {
    // There before it speaks: a reader that meets it only with its words says nothing.
    spoken.className = 'visually-hidden';
    spoken.ariaLive = 'polite';
    document.body.append(spoken);
  }

  list.addEventListener('click', (event) => {
    const answer = event.target.closest('[data-testid="copy"]');
    const code = event.target.closest('.code-copy');
    const note = event.target.closest('a[href^="#"]');
    if (note) {
      // Within the page: against its <base>, the link would lead to the start page.
      event.preventDefault();
      document.getElementById(note.hash.slice(1))?.scrollIntoView({ block: 'center' });
    } else if (answer) {
      copy(answer, component.invokeMethodAsync('ReadAnswer', [...list.querySelectorAll('.answer')].indexOf(answer.closest('.answer'))));
    } else if (code) {
      copy(code, Promise.resolve(code.closest('.code-block').querySelector('pre').textContent));
    }
  });
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
  spoken.textContent = outcome === 'copied' ? 'Copied' : 'Not copied';
  clearTimeout(button.outcomeTimer);
  button.outcomeTimer = setTimeout(() => {
    delete button.dataset.outcome;
    spoken.textContent = ''; // so that the next one is news
  }, 1600);
}
