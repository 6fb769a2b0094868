// One open page, without a browser: speaks to the page's circuit as its script does, draws nothing, and acknowledges every batch at once.
import { HubConnectionBuilder, HttpTransportType, LogLevel } from '@microsoft/signalr';
import { MessagePackHubProtocol } from '@microsoft/signalr-protocol-msgpack';
import WebSocket from 'ws';

const JSObjectReference = 1;

export class Circuit {
  batches = 0;
  bytes = 0; // of the batches, before compression
  onBatch = () => {};

  #base;
  #url;
  #connection;
  #socket;
  #imported = new Map(); // what was imported, by the id it was given
  #calls = new Map();
  #lastId = 0;
  #interactive = Promise.withResolvers?.() ?? withResolvers();
  #composer = Promise.withResolvers?.() ?? withResolvers();

  #headers;

  // key: whose page it is. compression: whether the socket may be compressed, as every browser asks for.
  constructor(base, path, { key, compression = true } = {}) {
    this.#headers = key ? { Authorization: `Bearer ${key}` } : {};
    this.#base = new URL('/', base).href;
    this.#url = new URL(path, base).href;
    const circuit = this;
    class Socket extends WebSocket {
      constructor(url, protocols, options) {
        super(url, protocols, { ...options, perMessageDeflate: compression });
        circuit.#socket = this;
      }
    }

    const protocol = new MessagePackHubProtocol();
    protocol.name = 'blazorpack';
    this.#connection = new HubConnectionBuilder()
      .withUrl(new URL('_blazor', this.#base).href, { transport: HttpTransportType.WebSockets, WebSocket: Socket, headers: this.#headers })
      .withHubProtocol(protocol)
      .configureLogging(LogLevel.None)
      .build();
  }

  // What the socket has brought, compressed where it is.
  get wireBytes() {
    return this.#socket?._socket?.bytesRead ?? 0;
  }

  async open() {
    const page = await (await fetch(this.#url, { headers: this.#headers })).text();
    const markers = [...page.matchAll(/<!--Blazor:(\{.*?\})-->/gs)].map((match) => JSON.parse(match[1])).filter((marker) => marker.type === 'server');
    const state = /<!--Blazor-Server-Component-State:(.*?)-->/s.exec(page)?.[1] ?? '';
    const operations = markers.map((marker, i) => ({ type: 'add', ssrComponentId: i + 1, marker }));
    const connection = this.#connection;
    connection.on('JS.RenderBatch', (id, data) => {
      const now = process.hrtime.bigint();
      connection.send('OnRenderCompleted', id, null).catch(() => {});
      this.batches++;
      this.bytes += data.byteLength;
      this.onBatch(data, now);
    });
    connection.on('JS.BeginInvokeJS', (handle, name, args, resultType, target) => this.#answer(handle, name, args, resultType, target));
    connection.on('JS.EndInvokeDotNet', (id, isDone, result) => {
      const call = this.#calls.get(id);
      this.#calls.delete(id);
      isDone ? call?.resolve(result) : call?.reject(new Error(result));
    });
    connection.on('JS.AttachComponent', () => {});
    connection.on('JS.EndUpdateRootComponents', () => {});
    connection.on('JS.EndLocationChanging', () => {});
    connection.on('JS.Error', (error) => this.#fail(new Error(error)));
    connection.onclose((error) => this.#fail(error ?? new Error('closed')));
    await connection.start();
    if (!await connection.invoke('StartCircuit', this.#base, this.#url, '[]', state)) {
      throw new Error('The server starts no circuit.');
    }

    // The renderer says that it is there; only then is it given what to render.
    await this.#interactive.promise;
    await connection.send('UpdateRootComponents', JSON.stringify({ batchId: 1, operations }), state);
    this.composer = await this.#composer.promise;
  }

  // As a click on Send does.
  send(text) {
    return this.#invoke(this.composer, 'SendText', text);
  }

  close() {
    return this.#connection.stop();
  }

  #invoke(object, method, ...args) {
    const id = String(++this.#lastId);
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve, reject });
      this.#connection.send('BeginInvokeDotNetFromJS', id, null, method, object, JSON.stringify(args)).catch(reject);
    });
  }

  #answer(handle, name, argsJson, resultType, target) {
    const args = argsJson ? JSON.parse(argsJson) : [];
    let result = null;
    if (name === 'import') {
      result = { __jsObjectId: ++this.#lastId };
      this.#imported.set(this.#lastId, args[0]);
    } else if (resultType === JSObjectReference) {
      result = { __jsObjectId: ++this.#lastId };
    } else if (name === 'Blazor._internal.attachWebRendererInterop') {
      this.#interactive.resolve();
    } else if (name === 'attach' && this.#imported.get(target)?.includes('Composer')) {
      this.#composer.resolve(args.find((arg) => arg?.__dotNetObject).__dotNetObject);
    } else if (name === 'Blazor._internal.navigationManager.navigateTo') {
      this.#connection.send('OnLocationChanged', new URL(args[0], this.#base).href, null, false).catch(() => {});
    }

    if (handle !== 0) {
      this.#connection.send('EndInvokeJSFromDotNet', handle, true, JSON.stringify([handle, true, result])).catch(() => {});
    }
  }

  #fail(error) {
    for (const waiting of [this.#interactive, this.#composer, ...this.#calls.values()]) {
      waiting.reject(error);
    }

    this.#calls.clear();
    this.failure ??= error;
  }
}

function withResolvers() {
  const all = {};
  all.promise = new Promise((resolve, reject) => Object.assign(all, { resolve, reject }));
  all.promise.catch(() => {});
  return all;
}
