// <chat-scroller data-key="…">: keeps the end in view while the reader is at the end, and leaves them alone anywhere else. Where they were in each
// conversation is kept for as long as the tab lives: a reload, by hand or after the server came back, finds it again.
//
// Only the reader's own hand ends the following: growth moves the end away as well, and must not count. Text above stays where it is by
// the browser's own scroll anchoring.
import { keep, kept } from '../../kept.js';

const Near = 48;
const Settled = 100;
const Blocks = '.markdown.long > :not(.said, .lane, chat-settled), .markdown.long .said > :not(chat-settled), .markdown.long chat-settled > *';

class ChatScroller extends HTMLElement {
  static observedAttributes = ['data-key'];
  #viewport;
  #sizes;
  #following = true;
  #last = 0;
  #abort;
  #wanted;
  #fromEnd;
  #keeping;
  #isEndKept = false;

  connectedCallback() {
    this.#abort = new AbortController();
    const options = { passive: true, signal: this.#abort.signal };
    // Children may not be there yet while the page is parsed.
    queueMicrotask(() => {
      this.#viewport = this.querySelector('.viewport');
      if (!this.#viewport) {
        return;
      }

      this.#viewport.addEventListener('scroll', () => this.#onScroll(), options);
      this.#viewport.addEventListener('wheel', (event) => event.deltaY < 0 && this.#leave(), options);
      this.#viewport.addEventListener('click', (event) => event.target.closest('[data-testid="show-earlier"]') && this.#stay(), { ...options, capture: true });
      this.querySelector('.jump').addEventListener('click', () => this.#follow(), options);
      this.#sizes = new ResizeObserver(() => this.#settle());
      this.#sizes.observe(this.#viewport);
      this.#sizes.observe(this.#viewport.firstElementChild);
      this.#open();
    });
    // Whoever asks wants to see the answer.
    document.addEventListener('chat:sent', () => this.#follow(), options);
    window.addEventListener('pagehide', () => this.#keep(), options);
  }

  disconnectedCallback() {
    clearTimeout(this.#keeping);
    this.#abort.abort();
    this.#sizes?.disconnect();
  }

  // Another conversation, which is in place once this batch of changes is.
  attributeChangedCallback(name, before, after) {
    if (this.#viewport && before !== after) {
      clearTimeout(this.#keeping);
      queueMicrotask(() => this.#open());
    }
  }

  get #distance() {
    const { scrollHeight, scrollTop, clientHeight } = this.#viewport;
    return scrollHeight - scrollTop - clientHeight;
  }

  get #place() {
    return `place:${this.dataset.key ?? ''}`;
  }

  #open() {
    this.#following = true;
    this.#isEndKept = false;
    this.#fromEnd = undefined;
    try {
      this.#wanted = JSON.parse(kept(this.#place));
    } catch {
      this.#wanted = null; // nothing that we wrote
    }

    this.#settle();
  }

  #onScroll() {
    const top = this.#viewport.scrollTop;
    if (top < this.#last && this.#distance > 1) {
      this.#following = false;
    } else if (top > this.#last && this.#distance < Near) {
      this.#following = true;
    }

    this.#last = top;
    this.#show();
    // While an answer is followed every flush scrolls, and there is nothing to keep that is not kept.
    if (!this.#following || !this.#isEndKept) {
      clearTimeout(this.#keeping);
      this.#keeping = setTimeout(() => this.#keep(), Settled);
    }
  }

  #leave() {
    this.#wanted = null;
    if (this.#viewport.scrollHeight > this.#viewport.clientHeight) {
      this.#following = false;
    }
  }

  // What comes above must not move what is read. At the very top the browser's own anchoring does nothing.
  #stay() {
    this.#following = false;
    this.#fromEnd = this.#viewport.scrollHeight - this.#viewport.scrollTop;
  }

  #settle() {
    if (this.#wanted) {
      this.#comeBack();
    } else if (this.#fromEnd !== undefined && this.#viewport.scrollHeight - this.#viewport.scrollTop !== this.#fromEnd) {
      this.#viewport.scrollTop = this.#viewport.scrollHeight - this.#fromEnd;
      this.#last = this.#viewport.scrollTop;
      this.#fromEnd = undefined;
    } else if (this.#following) {
      this.#viewport.scrollTop = this.#viewport.scrollHeight;
      this.#last = this.#viewport.scrollTop;
    }

    this.#show();
  }

  // The question last passed, and how far: what comes later and what is not loaded above change nothing about it. In a very long answer it is the block last
  // passed: what was never drawn above it has no height of its own yet.
  #keep() {
    if (!this.#viewport || this.#wanted) {
      return;
    }

    const top = this.#viewport.getBoundingClientRect().top;
    const isPassed = (element) => element.getBoundingClientRect().top <= top + 1;
    const passed = this.#following ? undefined : [...this.querySelectorAll('[data-turn]:not([hidden])')].findLast(isPassed);
    const block = passed ? blocks(passed).findLastIndex(isPassed) : -1;
    const from = blocks(passed)[block] ?? passed;
    this.#isEndKept = !passed;
    keep(this.#place, !passed ? '' : JSON.stringify({
      turn: passed.dataset.turn, block: block < 0 ? undefined : block, by: Math.round(top - from.getBoundingClientRect().top),
    }));
  }

  #comeBack() {
    const { turn, block, by } = this.#wanted;
    const passed = this.querySelector(`[data-turn="${CSS.escape(String(turn))}"]`);
    if (!passed) {
      // Not there yet, or no longer. The end meanwhile.
      this.#viewport.scrollTop = this.#viewport.scrollHeight;
      this.#last = this.#viewport.scrollTop;
      return;
    }

    this.#wanted = null;
    this.#following = false;
    const from = blocks(passed)[block] ?? passed;
    this.#viewport.scrollTop += from.getBoundingClientRect().top - this.#viewport.getBoundingClientRect().top + Number(by);
    this.#last = this.#viewport.scrollTop;
  }

  #follow() {
    this.#following = true;
    this.#wanted = null;
    this.#settle();
  }

  #show() {
    this.toggleAttribute('data-away', !this.#following && this.#distance >= Near);
  }
}

// The blocks of the very long answer that follows a question, if it is one.
function blocks(turn) {
  return [...turn?.nextElementSibling?.querySelectorAll(Blocks) ?? []];
}

customElements.define('chat-scroller', ChatScroller);
