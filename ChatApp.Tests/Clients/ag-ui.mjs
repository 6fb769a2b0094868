// AG-UI's own client against a live server, its verifier and its schemas on. Prints what each case saw.
import { HttpAgent } from '@ag-ui/client';

const server = process.argv[2];

// Runs an agent once: its events, what became of its messages, and how it ended.
async function run(model, { messages, tools, agent, onEvent, resume, runId = 'run-1' } = {}) {
  agent ??= new HttpAgent({ url: `${server}/api/ag-ui`, threadId: 'thread-1', initialMessages: messages ?? [{ id: 'u1', role: 'user', content: 'hello' }] });
  const events = [];
  const warnings = [];
  console.warn = (...args) => warnings.push(args.join(' '));
  let result, error, finished;
  try {
    result = await agent.runAgent({ runId, tools, resume, forwardedProps: { model } }, {
      onEvent: async ({ event }) => { events.push(event); await onEvent?.(event, agent); },
      onRunFinishedEvent: params => { finished = { outcome: params.outcome, pendingToolCallIds: params.pendingToolCallIds, interrupts: params.interrupts }; },
      onRunErrorEvent: ({ event }) => { error = { message: event.message, code: event.code }; },
    });
  } catch (exception) {
    error ??= { message: exception.message, thrown: true };
  }
  return { types: events.map(event => event.type), events, messages: agent.messages, result: result?.result, finished, error, warnings };
}

// What the client itself can do; by these names it is not the server that does it.
const tools = ['clock', 'calculator'].map(name => ({ name, description: `The client's ${name}`, parameters: { type: 'object', properties: {} } }));

const cancel = runId => fetch(`${server}/api/runs/${runId}/cancel`, { method: 'POST' }).then(response => response.json());

const cases = {
  text: () => run('scripted/ttft=0;rate=0;text=Hello there'),

  reasoning: () => run('scripted/ttft=0;rate=0;reasoning=20;tokens=20'),

  // The client's own tools: the model calls them, the client answers, and the next run goes on.
  async tools() {
    const agent = new HttpAgent({ url: `${server}/api/ag-ui`, threadId: 'thread-1', initialMessages: [{ id: 'u1', role: 'user', content: 'hello' }] });
    const first = await run('scripted/ttft=0;rate=0;tools=2;tokens=10', { agent, tools });
    for (const id of first.finished.pendingToolCallIds) {
      agent.addMessage({ id: `result-${id}`, role: 'tool', toolCallId: id, content: '12:00' });
    }
    const messages = structuredClone(first.messages);
    const second = await run('scripted/ttft=0;rate=0;tools=2;tokens=10', { agent, tools });
    return { first: { ...first, messages }, second };
  },

  // The same calls in two runs of one thread: the second must not be taken for the first's.
  async sameCalls() {
    const agent = new HttpAgent({ url: `${server}/api/ag-ui`, threadId: 'thread-1', initialMessages: [{ id: 'u1', role: 'user', content: 'hello' }] });
    await run('scripted/ttft=0;rate=0;tools=1', { agent, tools });
    agent.addMessage({ id: 'u2', role: 'user', content: 'again' });
    return run('scripted/ttft=0;rate=0;tools=1', { agent, tools });
  },

  // Stopped by the server's own cancel, whose run id the stream says.
  async stop() {
    let runId, answer;
    const seen = await run('scripted/ttft=0;rate=100;tokens=5000', {
      onEvent: async event => {
        if (event.type === 'CUSTOM' && event.name === 'run') runId = event.value.runId;
        if (event.type === 'TEXT_MESSAGE_CONTENT' && !answer) answer = cancel(runId);
      },
    });
    return { ...seen, cancel: await answer };
  },

  // The server's tools ask the application, which answers in its next run: first yes, then no.
  async approval() {
    const agent = new HttpAgent({ url: `${server}/api/ag-ui`, threadId: 'thread-1', initialMessages: [{ id: 'u1', role: 'user', content: 'hello' }] });
    const copy = seen => ({ ...seen, messages: structuredClone(seen.messages) });
    const first = copy(await run(undefined, { agent }));
    const yes = first.finished.interrupts.map(interrupt => ({ interruptId: interrupt.id, status: 'resolved', payload: { approved: true } }));
    const second = copy(await run(undefined, { agent, resume: yes, runId: 'run-2' }));
    const no = second.finished.interrupts.map(interrupt => ({ interruptId: interrupt.id, status: 'cancelled' }));
    const third = copy(await run(undefined, { agent, resume: no, runId: 'run-3' }));
    return { first, second, third };
  },

  error: () => run('scripted/ttft=0;rate=0;tokens=20;error=500@5'),

  invalidModel: () => run('nowhere/nothing'),
};

console.log(JSON.stringify(await cases[process.argv[3]]() ?? null));
