/**
 * A client of ChatApp's native protocol in one file, for browsers and Node 20 and later, without dependencies. A server has it at /fetch-client.js.
 *
 *   import { ask } from './fetch-client.js';
 *
 *   const answer = ask({ messages: [{ role: 'user', content: 'Hello' }] }, { base: 'http://localhost:5080' });
 *   for await (const event of answer) {
 *     if (event.type === 'token') console.log(event.content);
 *   }
 *
 * Every event of the run comes once and in order, whatever happens to connections: after a cut it goes on behind the last event it has.
 * A request that has to be sent again never starts a second run. Leaving the loop lets go of the run; `answer.cancel()` stops it.
 */

const FIRST_WAIT = 1000; // ms, where the server has not said how long to wait
const LONGEST_WAIT = 30_000;
const PASSING = [408, 425, 429, 500, 502, 503, 504]; // what may be otherwise in a moment

/**
 * Asks, and gives the run's events as an async iterator that can be read once.
 *
 * @param {object} body What POST /api/chat/stream takes: `messages`, `model`, `options` and so on; not `format`.
 * @param {object} [options]
 * @param {string} [options.base] The server's address; by default that of the page.
 * @param {Record<string, string>} [options.headers] Sent with every request, such as `Authorization`.
 * @param {AbortSignal} [options.signal] Lets go of the run; the loop ends with the signal's reason. The run goes on as `onDisconnect` says.
 * @param {string} [options.key] The Idempotency-Key; by default a new one. The same key with the same body finds the same run.
 * @param {number} [options.retries] So many failures in a row, without an event between, are an error. 10 by default.
 * @param {number} [options.silence] A connection without a byte for so many ms is taken for cut. The server says something every 15 s.
 * @param {number} [options.wait] How many ms to wait after a first failure; a second one doubles it, and so on.
 * @returns {AsyncIterable<object> & { runId: string | undefined, cancel(): Promise<object> }}
 *   The loop throws a `ChatError` for an answer that is no stream. `cancel` ends with `{ state, seq }` once the run is stopped; the loop then ends by itself.
 */
export function ask(body, { base = '', headers = {}, signal, key = newKey(), retries = 10, silence = 45_000, wait = FIRST_WAIT } = {}) {
  const at = (path) => new URL(base.replace(/\/$/, '') + path, globalThis.location?.href).href;
  const first = at('/api/chat/stream'); // an address that can't be is no matter of waiting
  let runId, lastId, started, refused;
  const start = new Promise((resolve, reject) => [started, refused] = [resolve, reject]);
  start.catch(() => {}); // only cancel() waits for it

  const post = { method: 'POST', headers: { ...headers, 'Content-Type': 'application/json', 'Idempotency-Key': key }, body: JSON.stringify({ ...body, format: 'sse' }) };
  const resume = () => ({ headers: { ...headers, ...lastId && { 'Last-Event-ID': lastId } } });

  async function* read() {
    const patience = new Patience(retries, wait, signal);
    for (let seq = 0; ;) {
      const connection = new AbortController();
      const either = signal ? AbortSignal.any([signal, connection.signal]) : connection.signal;
      const cut = () => connection.abort(new Error('The connection was silent for too long.'));
      let timer = setTimeout(cut, silence);
      try {
        // Before its headers are here nobody knows the run: the same key finds it, if there is one.
        const response = await fetch(runId ? at(`/api/runs/${runId}/events`) : first, { ...runId ? resume() : post, signal: either });
        await check(response);
        runId ??= response.headers.get('X-Run-Id') ?? undefined;
        if (runId) started(runId);
        if (response.status === 204) return; // ended, and everything is read

        const parser = new EventParser();
        const reader = response.body.getReader();
        for (let chunk; !(chunk = await reader.read()).done;) {
          clearTimeout(timer);
          timer = setTimeout(cut, silence);
          const messages = parser.push(chunk.value);
          patience.wait = parser.retry ?? patience.wait;
          for (const message of messages) {
            const event = JSON.parse(message.data);
            patience.failures = 0;
            if (event.type === 'shutdown' || event.type === 'reconnect') throw new Error(`The server said ${event.type}.`);
            if (event.seq <= seq) continue; // a POST that found its run begins again at 1
            [seq, lastId] = [event.seq, message.id];
            if (event.type === 'connected') started(runId = event.runId);
            yield event;
            if (event.type === 'complete') return;
          }
        }
        throw new Error('The stream ended before its run.');
      } catch (error) {
        if (signal?.aborted || error.passing === false) {
          refused(error);
          throw error;
        }
        clearTimeout(timer);
        await patience.after(error).catch((last) => { refused(last); throw last; });
      } finally {
        clearTimeout(timer);
        connection.abort(); // also where the loop was left
      }
    }
  }

  async function cancel() {
    const id = await start;
    for (const patience = new Patience(retries, wait); ;) {
      try {
        const response = await fetch(at(`/api/runs/${id}/cancel`), { method: 'POST', headers, signal: AbortSignal.timeout(silence) });
        await check(response);
        return await response.json();
      } catch (error) {
        if (error.passing === false) throw error;
        await patience.after(error);
      }
    }
  }

  return { get runId() { return runId; }, cancel, [Symbol.asyncIterator]: read };
}

/** An answer that is no stream: `status`, and in `problem` the body (RFC 9457), such as `{ type: 'urn:chatapp:problem:validation', detail }`. */
export class ChatError extends Error {
  constructor(response, problem) {
    super(problem?.detail ?? `The server answered ${response.status}.`);
    [this.name, this.status, this.problem, this.passing] = ['ChatError', response.status, problem, PASSING.includes(response.status)];
    const after = response.headers.get('Retry-After'); // seconds, or a date
    this.retryAfter = after && (/^\d+$/.test(after) ? after * 1000 : Math.max(0, Date.parse(after) - Date.now()) || 0);
  }
}

/** Server-sent events by the letter of https://html.spec.whatwg.org/multipage/server-sent-events.html, from chunks that may be cut anywhere. */
export class EventParser {
  retry; // ms, once a retry: line has said so
  #decoder = new TextDecoder(); // takes half characters, and drops a byte order mark
  #line = '';
  #afterCr = false;
  #data = '';
  #event = '';
  #id = '';

  /** The messages that are complete with this chunk: `{ id, event, data }`. */
  push(chunk) {
    let text = this.#decoder.decode(chunk, { stream: true });
    if (this.#afterCr && text.startsWith('\n')) text = text.slice(1); // the other half of CR LF
    else if (text === '') return [];
    this.#afterCr = text.endsWith('\r');
    const lines = (this.#line + text).split(/\r\n|\r|\n/);
    this.#line = lines.pop();
    return lines.map((line) => this.#take(line)).filter(Boolean);
  }

  #take(line) {
    if (line === '') {
      const message = this.#data === '' ? undefined : { id: this.#id, event: this.#event || 'message', data: this.#data.slice(0, -1) };
      this.#data = this.#event = '';
      return message;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line); // a line that begins with a colon is a comment, of no field
    if (field === 'data') this.#data += `${value}\n`;
    else if (field === 'event') this.#event = value;
    else if (field === 'id' && !value.includes('\0')) this.#id = value;
    else if (field === 'retry' && /^\d+$/.test(value)) this.retry = Number(value);
  }
}

/** Waits after failures: as long as the server asks, doubled with each further failure, and a random part more, so that not all come back at once. */
class Patience {
  failures = 0;

  constructor(retries, wait, signal) {
    [this.retries, this.wait, this.signal] = [retries, wait, signal];
  }

  async after(error) {
    if (++this.failures > this.retries) throw error;
    const least = this.failures === 1 ? this.wait : Math.max(this.wait, 50) * 2 ** (this.failures - 1);
    const ms = Math.max(Math.min(LONGEST_WAIT, least), error.retryAfter ?? 0) * (1 + Math.random() / 2);
    await new Promise((resolve, reject) => {
      const leave = () => { clearTimeout(timer); reject(this.signal.reason); };
      const timer = setTimeout(() => { this.signal?.removeEventListener('abort', leave); resolve(); }, ms);
      this.signal?.addEventListener('abort', leave, { once: true });
    });
  }
}

async function check(response) {
  if (!response.ok) throw new ChatError(response, await response.json().catch(() => undefined));
}

// Not randomUUID, which browsers have on https and localhost only.
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
