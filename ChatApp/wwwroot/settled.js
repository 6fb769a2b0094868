// <chat-settled>: blocks of a very long answer that will never change. Blazor inserts it, empty, in front of a chunk of blocks and takes the chunk away in the
// same batch; the blocks come back here, before anything is laid out or painted, and nobody but the page knows them any more. The server keeps
// nothing of them, so this is loaded before Blazor starts: Reconnect.razor.js.
class ChatSettled extends HTMLElement {
  connectedCallback() {
    // Runs within the insertion. Behind it: the comment Blazor marks the chunk's component with, its blocks, the next one's comment.
    const blocks = [];
    for (let block = this.nextSibling?.nextSibling; !this.firstChild && block?.nodeType === Node.ELEMENT_NODE; block = block.nextSibling) {
      blocks.push(block);
    }

    // Once the batch is through.
    queueMicrotask(() => this.append(...blocks.filter((block) => !block.isConnected)));
  }
}

customElements.define('chat-settled', ChatSettled);
