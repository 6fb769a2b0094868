// docs/fetch-client.js in Node: node fetch-client.mjs SERVER MODE …
import http from 'node:http';
import net from 'node:net';
import { ask, EventParser } from '../../docs/fetch-client.js';

const [server, mode, ...args] = process.argv.slice(2);

// The same numbers for the same seed.
function random(seed) {
  return (below) => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return Math.floor(seed / 2 ** 32 * below);
  };
}

async function collect(answer) {
  let [text, done] = ['', undefined];
  const seqs = [];
  for await (const event of answer) {
    seqs.push(event.seq);
    if (event.type === 'token') text += event.content;
    if (event.type === 'done') done = event.reason;
  }
  return { text, seqs, done };
}

const listening = (listener) => new Promise((resolve) => listener.listen(0, '127.0.0.1', () => resolve(`http://127.0.0.1:${listener.address().port}`)));

// Streams of random lines with every line end, cut into random pieces, give the same messages as the stream in one piece with LF.
function parse(seed, count) {
  // The examples of the specification.
  for (const [text, ...expected] of [
    ['data: YHOO\ndata: +2\ndata: 10\n\n', ['', 'YHOO\n+2\n10']],
    [': test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n', ['1', 'first event'], ['', 'second event'], ['', ' third event']],
    ['data\n\ndata\ndata\n\ndata:', ['', ''], ['', '\n']],
    ['data:test\n\ndata: test\n\n', ['', 'test'], ['', 'test']],
    ['\ufeffid: r:1\r\rdata: a\r\n\r\ndata: unfinished\n', ['r:1', 'a']],
  ]) {
    const found = new EventParser().push(new TextEncoder().encode(text)).map(({ id, data }) => [id, data]);
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(text)}: ${JSON.stringify(found)}`);
  }
  const pick = random(seed);
  const words = ['data: a', 'data:b', 'data:  two', 'data', 'data:', 'id: r:1', 'id:é😀', 'id', 'id: a\0b', 'event: x', ': comment', 'retry: 12', 'retry: 1x', 'other: y', 'data: 😀: "ü"', ''];
  let messages = 0;
  for (let n = 0; n < count; n++) {
    const lines = Array.from({ length: 1 + pick(12) }, () => words[pick(words.length)]);
    const ends = ['\n', '\r', '\r\n'];
    const bom = pick(2) ? '\ufeff' : '';
    // A lone CR before an empty line that ends in LF would be one line end, CR LF.
    let [text, last] = [bom, ''];
    for (const line of [...lines, '']) {
      const possible = line === '' && last === '\r' ? ['\r', '\r\n'] : ends;
      last = possible[pick(possible.length)];
      text += line + last;
    }
    const bytes = new TextEncoder().encode(text);
    const expected = new EventParser().push(new TextEncoder().encode(lines.join('\n') + '\n\n'));
    const parser = new EventParser();
    const found = [];
    for (let at = 0; at < bytes.length;) {
      const next = at + 1 + pick(5);
      found.push(...parser.push(bytes.subarray(at, next)));
      at = next;
    }
    if (JSON.stringify(found) !== JSON.stringify(expected)) throw new Error(`${JSON.stringify(text)}: ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`);
    messages += found.length;
  }
  return { messages };
}

// A proxy that passes answers on in random pieces and cuts connections after a random number of bytes.
async function chaos(seed, count, model) {
  const runs = [];
  for (let n = 0; n < count; n++) runs.push(await chaosOf(random(seed + n), model));
  return runs;
}

async function chaosOf(pick, model) {
  const target = new URL(server);
  let cuts = 0;
  const proxy = net.createServer((client) => {
    const upstream = net.connect(target.port, target.hostname);
    client.setNoDelay(true);
    client.on('error', () => {});
    upstream.on('error', () => {});
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
    client.pipe(upstream);
    // From the first byte of the headers on. Who comes back gets all it missed as one event: that has to get through, too.
    let left = pick(4) === 0 ? pick(900) : 1500 + pick(4000);
    upstream.on('data', (bytes) => {
      for (let at = 0; at < bytes.length && left > 0;) {
        const piece = bytes.subarray(at, at + Math.min(left, 1 + pick(200)));
        client.write(piece);
        at += piece.length;
        left -= piece.length;
      }
      if (left <= 0 && !client.destroyed) {
        cuts++;
        pick(2) ? client.destroySoon() : client.resetAndDestroy();
      }
    });
  });
  const base = await listening(proxy);
  const answer = ask({ model, messages: [{ role: 'user', content: 'hi' }], onDisconnect: 'continue' }, { base, wait: 1, retries: 100 });
  const result = await collect(answer);
  proxy.close();
  return { ...result, cuts, runId: answer.runId };
}

// A server that plays each answer of a list, and notes what it was asked.
async function play(...answers) {
  const asked = [];
  const played = http.createServer((request, response) => {
    asked.push({ method: request.method, url: request.url, key: request.headers['idempotency-key'], last: request.headers['last-event-id'], at: performance.now() });
    answers.shift()(response, request);
  });
  const base = await listening(played);
  return { base, asked, close: () => { played.closeAllConnections(); played.close(); } };
}

const event = (seq, fields) => `id: r:${seq}\ndata: ${JSON.stringify({ seq, ...fields })}\n\n`;
const head = { 'Content-Type': 'text/event-stream', 'X-Run-Id': 'r' };
const hello = { messages: [{ role: 'user', content: 'hi' }] };
const whole = (response) => response.writeHead(200, head).end(event(1, { type: 'connected', runId: 'r' }) + event(2, { type: 'token', content: 'hi' }) + event(3, { type: 'complete' }));

const cases = {
  // Cut before the headers, refused for a moment, then answered: one key throughout.
  async retriedPost() {
    const server = await play(
      (response) => response.destroy(),
      (response) => response.writeHead(503, { 'Retry-After': '1', 'Content-Type': 'application/problem+json' }).end('{"detail":"later"}'),
      whole);
    const result = await collect(ask(hello, { base: server.base, wait: 1 }));
    server.close();
    const [first, second, third] = server.asked;
    return { ...result, requests: server.asked.length, sameKey: !!first.key && first.key === second.key && first.key === third.key, waited: third.at - second.at >= 1000 };
  },
  async refused() {
    const server = await play((response) => response.writeHead(400, { 'Content-Type': 'application/problem+json' }).end('{"type":"urn:chatapp:problem:validation","detail":"No messages."}'));
    const error = await collect(ask(hello, { base: server.base, wait: 1 })).catch((error) => error);
    server.close();
    return { requests: server.asked.length, name: error.name, status: error.status, type: error.problem.type, message: error.message };
  },
  async givesUp() {
    const down = (response) => response.writeHead(502).end('<html>');
    const server = await play(down, down, down);
    const error = await collect(ask(hello, { base: server.base, wait: 1, retries: 2 })).catch((error) => error);
    server.close();
    return { requests: server.asked.length, status: error.status };
  },
  async goodbyes() {
    const server = await play(
      (response) => response.writeHead(200, head).end(event(1, { type: 'connected', runId: 'r' }) + 'retry: 300\ndata: {"type":"shutdown","retryMs":300}\n\n'),
      (response) => response.writeHead(200, head).end(event(2, { type: 'token', content: 'hi' }) + 'retry: 0\ndata: {"type":"reconnect","retryMs":0}\n\n'),
      (response) => response.writeHead(200, head).end(event(3, { type: 'complete' })));
    const result = await collect(ask(hello, { base: server.base, wait: 60_000 }));
    server.close();
    return { ...result, asked: server.asked.map(({ method, url, last }) => `${method} ${url} ${last ?? ''}`.trim()), waited: server.asked[1].at - server.asked[0].at >= 290 };
  },
  async nothingLeft() {
    const server = await play(
      (response) => response.writeHead(200, head).end(event(1, { type: 'connected', runId: 'r' })),
      (response) => response.writeHead(204, { 'X-Run-Id': 'r' }).end());
    const result = await collect(ask(hello, { base: server.base, wait: 1 }));
    server.close();
    return result;
  },
  async silent() {
    const server = await play(
      (response) => { response.writeHead(200, head).write(event(1, { type: 'connected', runId: 'r' })); },
      (response) => response.writeHead(200, head).end(event(2, { type: 'complete' })));
    const result = await collect(ask(hello, { base: server.base, wait: 1, silence: 200 }));
    server.close();
    return { ...result, last: server.asked[1].last };
  },
  async aborted() {
    const control = new AbortController();
    const server = await play((response) => { response.writeHead(200, head).write(event(1, { type: 'connected', runId: 'r' })); });
    const seen = [];
    try {
      for await (const { type } of ask(hello, { base: server.base, signal: control.signal })) {
        seen.push(type);
        control.abort(new Error('enough'));
      }
    } catch (error) { seen.push(error.message); }
    server.close();
    return { seen, requests: server.asked.length };
  },
  async abortedWhileWaiting() {
    const control = new AbortController();
    const server = await play((response) => { response.destroy(); setTimeout(() => control.abort(new Error('enough')), 10); });
    const error = await collect(ask(hello, { base: server.base, signal: control.signal, wait: 60_000 })).catch((error) => error);
    server.close();
    return { message: error.message };
  },
  async noAddress() {
    try { ask(hello); return {}; } catch (error) { return { name: error.name }; }
  },
};

// Stops a live run from inside the loop, through the client.
async function cancel(model) {
  const answer = ask({ model, messages: [{ role: 'user', content: 'hi' }] }, { base: server });
  let [stopped, done] = [undefined, undefined];
  for await (const event of answer) {
    if (event.type === 'token') stopped ??= answer.cancel();
    if (event.type === 'done') done = event.reason;
  }
  return { ...await stopped, done };
}

const result = mode === 'parse' ? parse(Number(args[0]), Number(args[1]))
  : mode === 'chaos' ? await chaos(Number(args[0]), Number(args[1]), args[2])
  : mode === 'cancel' ? await cancel(args[0])
  : await cases[mode]();
console.log(JSON.stringify(result));
