// What is read out to those who don't see it: what a button shows for a moment, and <chat-say data-words="…">, which says its words once it is there.
const spoken = document.createElement('div');
let clearing;

// There before it speaks: a reader that meets it only with its words says nothing. A node of its own: Blazor keeps those it made as it knows them.
spoken.className = 'visually-hidden';
spoken.ariaLive = 'polite';
document.body.append(spoken);

export function speak(words) {
  spoken.textContent = words;
  clearTimeout(clearing);
  clearing = setTimeout(() => spoken.textContent = '', 1600); // so that the next one is news
}

class ChatSay extends HTMLElement {
  connectedCallback() {
    // What came in one go is said in one go.
    queueMicrotask(() => speak(spoken.textContent ? `${spoken.textContent} ${this.dataset.words}` : this.dataset.words));
  }
}

customElements.define('chat-say', ChatSay);
