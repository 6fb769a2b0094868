// The AI SDK's own clients against a live server. Prints what each case saw.
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithApprovalResponses, lastAssistantMessageIsCompleteWithToolCalls, readUIMessageStream } from 'ai';
import { Chat } from '@ai-sdk/react';

const api = `${process.argv[2]}/api/ai-sdk/chat`;
// What the page itself can do; by these names it is not the server that does it.
const clientTools = ['clock', 'calculator'].map(name => ({ name, description: `The page's ${name}` }));
const user = text => ({ id: 'u1', role: 'user', parts: [{ type: 'text', text }] });

// A transport that asks a model, and the headers it got.
function transportOf(model, body) {
  const headers = {};
  const transport = new DefaultChatTransport({
    api,
    body: { model, ...body },
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      Object.assign(headers, Object.fromEntries(response.headers));
      return response;
    },
  });
  return { transport, headers };
}

const send = (transport, chatId, messages = [user('hello')]) =>
  transport.sendMessages({ chatId, messages, trigger: 'submit-message', messageId: undefined, abortSignal: undefined });

// The message as it stands at the end, every state on the way counted, and the chunks.
async function readAll(stream) {
  const [mine, theirs] = stream.tee();
  const chunks = [];
  const reading = (async () => { for await (const chunk of mine) chunks.push(chunk); })();
  let message, states = 0;
  const errors = [];
  for await (const state of readUIMessageStream({ stream: theirs, onError: error => errors.push(error.message) })) {
    message = structuredClone(state);
    states++;
  }
  await reading;
  return { message, states, errors, types: chunks.map(chunk => chunk.type) };
}

const cases = {
  async text() {
    const { transport, headers } = transportOf('scripted/ttft=0;rate=0;text=Hello there');
    return { ...await readAll(await send(transport, 'text')), headers };
  },

  async reasoning() {
    const { transport } = transportOf('scripted/ttft=0;rate=0;reasoning=20;tokens=20');
    return readAll(await send(transport, 'reasoning'));
  },

  async tools() {
    const { transport } = transportOf('scripted/ttft=0;rate=0;tools=2', { clientTools });
    return readAll(await send(transport, 'tools'));
  },

  async error() {
    const { transport } = transportOf('scripted/ttft=0;rate=0;tokens=20;error=500@5');
    return readAll(await send(transport, 'error'));
  },

  async invalidModel() {
    const { transport } = transportOf('nowhere/nothing');
    return send(transport, 'invalid').then(() => 'no error', error => error.message);
  },

  // A second client comes in the middle of the answer, by the chat's id, and gets all of it.
  async resume() {
    const { transport, headers } = transportOf('scripted/ttft=0;rate=200;tokens=100');
    const nothingYet = await transport.reconnectToStream({ chatId: 'resume' });
    const [mine, rest] = (await send(transport, 'resume')).tee();
    const first = mine.getReader();
    while ((await first.read()).value.type !== 'text-delta');
    // Half of a stream is let go only with the other half: no wait for that.
    void first.cancel();
    const again = await transport.reconnectToStream({ chatId: 'resume' });
    const byRun = await transport.reconnectToStream({ chatId: headers['x-run-id'] });
    const [whole, resumed, resumedByRun] = await Promise.all([readAll(rest), readAll(again), readAll(byRun)]);
    const afterwards = await transport.reconnectToStream({ chatId: 'resume' });
    return { nothingYet, whole: whole.message, resumed: resumed.message, resumedByRun: resumedByRun.message, afterwards };
  },

  // useChat's own class: states and messages as a page would see them.
  async chat() {
    const { transport } = transportOf('scripted/ttft=0;rate=0;text=Hi');
    const statuses = [];
    let finished;
    const chat = new Chat({ id: 'chat', transport, onFinish: event => { finished = event; } });
    chat['~registerStatusCallback'](() => statuses.push(chat.status));
    await chat.sendMessage({ text: 'hello' });
    await chat.regenerate();
    return { statuses, messages: chat.messages, finishReason: finished.finishReason, isError: finished.isError };
  },

  async chatStop() {
    const { transport, headers } = transportOf('scripted/ttft=0;rate=100;tokens=5000');
    const chat = new Chat({ id: 'stop', transport });
    const started = new Promise(resolve => chat['~registerMessagesCallback'](() => {
      if (chat.lastMessage?.role === 'assistant' && chat.lastMessage.parts.some(part => part.type === 'text' && part.text)) resolve();
    }));
    const sending = chat.sendMessage({ text: 'hello' });
    await started;
    await chat.stop();
    await sending;
    return { status: chat.status, error: chat.error?.message, text: chat.lastMessage.parts.find(part => part.type === 'text').text, runId: headers['x-run-id'] };
  },

  // Stopped by somebody else: the message stays, and it is no error.
  async chatCancelledElsewhere() {
    const { transport } = transportOf('scripted/ttft=0;rate=100;tokens=5000');
    const chat = new Chat({ id: 'elsewhere', transport });
    const started = new Promise(resolve => chat['~registerMessagesCallback'](() => {
      if (chat.lastMessage?.role === 'assistant' && chat.lastMessage.parts.some(part => part.type === 'text' && part.text)) resolve();
    }));
    const sending = chat.sendMessage({ text: 'hello' });
    await started;
    const answer = await fetch(`${process.argv[2]}/api/runs/${chat.lastMessage.metadata.runId}/cancel`, { method: 'POST' });
    await sending;
    return { cancel: await answer.json(), status: chat.status, message: chat.lastMessage };
  },

  async chatError() {
    const { transport } = transportOf('scripted/ttft=0;rate=0;tokens=20;error=500@5');
    const chat = new Chat({ id: 'fails', transport });
    await chat.sendMessage({ text: 'hello' });
    return { status: chat.status, error: chat.error.message, message: chat.lastMessage };
  },

  // The page answers the tools' calls, and the answer goes on in the same message.
  async chatTools() {
    const { transport } = transportOf('scripted/ttft=0;rate=0;tools=2;tokens=10', { clientTools });
    const requests = [];
    const chat = new Chat({
      id: 'calls',
      transport: {
        sendMessages: options => { requests.push(structuredClone(options.messages)); return transport.sendMessages(options); },
        reconnectToStream: options => transport.reconnectToStream(options),
      },
      onToolCall: ({ toolCall }) => { chat.addToolOutput({ tool: toolCall.toolName, toolCallId: toolCall.toolCallId, output: { said: toolCall.toolName } }); },
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
    });
    const done = new Promise(resolve => chat['~registerStatusCallback'](() => { if (chat.status === 'ready' && requests.length === 2) resolve(); }));
    await chat.sendMessage({ text: 'hello' });
    await done;
    return { requests: requests.length, messages: chat.messages };
  },

  // The server's tools ask the page for a yes or no, twice, and the answer goes on in the same message.
  async approval() {
    const { transport } = transportOf(undefined);
    const [requests, calls, states] = [[], [], []];
    const chat = new Chat({
      id: 'approval',
      transport: {
        sendMessages: options => { requests.push(structuredClone(options.messages)); return transport.sendMessages(options); },
        reconnectToStream: options => transport.reconnectToStream(options),
      },
      onToolCall: ({ toolCall }) => calls.push(toolCall),
      sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    });
    const waits = () => chat.lastMessage?.parts.filter(part => part.state === 'approval-requested') ?? [];
    const ready = condition => new Promise(resolve => {
      const look = () => { if (chat.status === 'ready' && condition()) resolve(); };
      chat['~registerStatusCallback'](look);
      look();
    });
    await chat.sendMessage({ text: 'hello' });
    await ready(() => waits().length > 0);
    states.push(structuredClone(chat.lastMessage));
    const resumed = await readAll(await transport.reconnectToStream({ chatId: 'approval' }));
    await chat.addToolApprovalResponse({ id: waits()[0].approval.id, approved: true });
    await ready(() => waits().length > 0);
    states.push(structuredClone(chat.lastMessage));
    await chat.addToolApprovalResponse({ id: waits()[0].approval.id, approved: false, reason: 'Keep it.' });
    await ready(() => requests.length === 3 && waits().length === 0 && chat.lastMessage.metadata.state === 'completed');
    return { requests: requests.length, calls: calls.length, states, resumed, messages: chat.messages, error: chat.error?.message };
  },
};

const wanted = process.argv[3];
console.log(JSON.stringify(await cases[wanted]() ?? null));
