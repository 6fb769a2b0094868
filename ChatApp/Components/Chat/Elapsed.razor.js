// <chat-elapsed data-since="1200">: the seconds since then, counted here; data-age says when 3 and 10 seconds have gone by.
class ChatElapsed extends HTMLElement {
  #timer;
  #start;

  connectedCallback() {
    this.#start = performance.now() - Number(this.dataset.since ?? 0);
    this.#timer = setInterval(() => this.#tick(), 250);
    this.#tick();
  }

  disconnectedCallback() {
    clearInterval(this.#timer);
  }

  #tick() {
    const seconds = Math.floor((performance.now() - this.#start) / 1000);
    const shown = `${seconds} s`;
    if (this.textContent !== shown) {
      this.textContent = shown;
      this.dataset.age = seconds >= 10 ? '10' : seconds >= 3 ? '3' : '0';
    }
  }
}

customElements.define('chat-elapsed', ChatElapsed);
