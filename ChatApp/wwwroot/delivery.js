// Hands what somebody wrote to the server, and says what became of it. Nothing here throws the text away.
const InOneCall = 4000;
const unsure = { accepted: false, isUnsure: true, why: 'The connection was lost. This may not have been sent: look above once it is back.' };

// A call on a connection that goes away may never be answered.
function whenLost(signal) {
  return new Promise((resolve) => document.addEventListener('chat:away', () => resolve(unsure), { once: true, signal }));
}

// A text too long for one call (those may have 32 kB) goes as a stream of pieces.
export async function deliver(component, text, maxBytes, oneCall, inPieces, ...args) {
  if (document.body.dataset.interactive !== 'true') {
    return { accepted: false, why: 'There is no connection now. What you wrote is kept: send it once the connection is back.' };
  }

  const bytes = text.length > InOneCall ? new TextEncoder().encode(text) : null;
  if (bytes?.length > maxBytes) {
    return { accepted: false, why: `This is longer than a message may be (${Math.round(bytes.length / 1000)} of ${Math.round(maxBytes / 1000)} kB). Send it in parts.` };
  }

  const done = new AbortController();
  try {
    return await Promise.race([call(), whenLost(done.signal)]);
  } catch {
    return unsure;
  } finally {
    done.abort();
  }

  async function call() {
    const accepted = bytes
      ? await component.invokeMethodAsync(inPieces, ...args, DotNet.createJSStreamReference(bytes))
      : await component.invokeMethodAsync(oneCall, ...args, text);
    return { accepted, why: accepted ? null : await component.invokeMethodAsync('WhyRefused') };
  }
}
