// <chat-scroller>: keeps the end in view while the reader is at the end, and leaves them alone anywhere else.
//
// Only the reader's own hand ends the following: growth moves the end away as well, and must not count. Text above stays where it is by
// the browser's own scroll anchoring.
const Near = 48;

class ChatScroller extends HTMLElement {
  #viewport;
  #sizes;
  #following = true;
  #last = 0;
  #abort;

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
      this.querySelector('.jump').addEventListener('click', () => this.#follow(), options);
      this.#sizes = new ResizeObserver(() => this.#settle());
      this.#sizes.observe(this.#viewport);
      this.#sizes.observe(this.#viewport.firstElementChild);
    });
    // Whoever asks wants to see the answer.
    document.addEventListener('chat:sent', () => this.#follow(), options);
  }

  disconnectedCallback() {
    this.#abort.abort();
    this.#sizes?.disconnect();
  }

  get #distance() {
    const { scrollHeight, scrollTop, clientHeight } = this.#viewport;
    return scrollHeight - scrollTop - clientHeight;
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
  }

  #leave() {
    if (this.#viewport.scrollHeight > this.#viewport.clientHeight) {
      this.#following = false;
    }
  }

  #settle() {
    if (this.#following) {
      this.#viewport.scrollTop = this.#viewport.scrollHeight;
      this.#last = this.#viewport.scrollTop;
    }

    this.#show();
  }

  #follow() {
    this.#following = true;
    this.#settle();
  }

  #show() {
    this.toggleAttribute('data-away', !this.#following && this.#distance >= Near);
  }
}

customElements.define('chat-scroller', ChatScroller);
