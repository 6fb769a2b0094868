// The official OpenAI client against /v1/responses. Every case is one thing a program does with it; what it saw is printed.
import OpenAI, { APIError } from 'openai';

const [server, name] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${server}/v1`, apiKey: 'none', maxRetries: 0 });
const call = { type: 'function', name: 'clock', description: 'The time', parameters: { type: 'object', properties: {} }, strict: false };

async function failure(work) {
  try {
    await work();
    return null;
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return { status: error.status, code: error.code, param: error.param, type: error.type, message: error.message };
  }
}

async function all(stream) {
  const events = [];
  for await (const event of stream) events.push(event);
  return events;
}

const cases = {
  async create() {
    const response = await client.responses.create({ model: 'scripted/text=Hello there', input: 'hi' });
    return { text: response.output_text, response };
  },

  async stream() {
    const events = await all(await client.responses.create({ model: 'scripted/reasoning=5;text=Hello there', input: 'hi', stream: true }));
    // The client's own accumulator throws at an event that does not fit the ones before it.
    const final = await client.responses.stream({ model: 'scripted/reasoning=5;text=Hello there', input: 'hi' }).finalResponse();
    return { types: events.map((event) => event.type), numbers: events.map((event) => event.sequence_number), text: final.output_text, status: final.status };
  },

  async tools() {
    const model = 'scripted/tools=2;text=It is noon.';
    const stream = client.responses.stream({ model, input: 'What time is it?', tools: [call] });
    const snapshots = [];
    stream.on('response.function_call_arguments.delta', (event) => snapshots.push(event.snapshot));
    const response = await stream.finalResponse();
    const calls = response.output.filter((item) => item.type === 'function_call');
    const outputs = calls.map((item) => ({ type: 'function_call_output', call_id: item.call_id, output: '12:00' }));
    const byId = await client.responses.create({ model, previous_response_id: response.id, input: outputs });
    const whole = await client.responses.create({ model, input: [{ role: 'user', content: 'What time is it?' }, ...response.output, ...outputs] });
    return { calls: calls.map((item) => ({ name: item.name, arguments: JSON.parse(item.arguments) })), snapshots: snapshots.length, byId: byId.output_text, whole: whole.output_text };
  },

  // Tools that the server runs, of which one waits for a yes or no.
  async mcp() {
    const tools = [{ type: 'mcp', server_label: 'chatapp', allowed_tools: ['look', 'remove'] }];
    const first = await client.responses.stream({ model: 'fake/model', input: 'hi', tools }).finalResponse();
    const ask = first.output.find((item) => item.type === 'mcp_approval_request');
    const yes = [{ type: 'mcp_approval_response', approval_request_id: ask.id, approve: true }];
    const events = await all(await client.responses.create({ model: 'fake/model', previous_response_id: first.id, input: yes, tools, stream: true }));
    const second = events.at(-1).response;
    const again = second.output.find((item) => item.type === 'mcp_approval_request');
    const no = [{ type: 'mcp_approval_response', approval_request_id: again.id, approve: false, reason: 'Keep it.' }];
    const third = await client.responses.create({ model: 'fake/model', previous_response_id: second.id, input: no, tools });
    const read = await Promise.all([first, second, third].map((response) => client.responses.retrieve(response.id)));
    const replayed = await all(await client.responses.retrieve(second.id, { stream: true }));
    const next = await client.responses.create({ model: 'fake/model', previous_response_id: third.id, input: 'And now?', tools: [] });
    return {
      first, second, third, types: events.map((event) => event.type), next: next.output_text,
      same: [first, second, third].map((response, i) => JSON.stringify([response.id, ...response.output.map((item) => [item.id, item.status, item.output])])
        === JSON.stringify([read[i].id, ...read[i].output.map((item) => [item.id, item.status, item.output])])),
      sameEvents: JSON.stringify(events) === JSON.stringify(replayed),
      address: await failure(() => client.responses.create({ model: 'fake/model', input: 'hi', tools: [{ type: 'mcp', server_label: 'x', server_url: 'http://127.0.0.1/' }] })),
      unknown: await failure(() => client.responses.create({ model: 'fake/model', input: 'hi', tools: [{ type: 'mcp', server_label: 'chatapp', allowed_tools: ['nothing'] }] })),
      gone: await failure(() => client.responses.create({ model: 'fake/model', input: [{ ...yes[0], approval_request_id: `mcpr_${'0'.repeat(32)}_x` }] })),
    };
  },

  // Without a word about them there are none: a client of OpenAI's knows only its own.
  async noTools() {
    const response = await client.responses.create({ model: 'fake/model', input: 'hi' });
    return { output: response.output };
  },

  async background() {
    const begun = await client.responses.create({ model: 'scripted/ttft=0;rate=200;tokens=40', input: 'hi', background: true, stream: true });
    let [id, last, text] = [null, 0, ''];
    for await (const event of begun) {
      id ??= event.response.id;
      last = event.sequence_number;
      text += event.type === 'response.output_text.delta' ? event.delta : '';
      if (text.length > 20) break;
    }
    const rest = await all(await client.responses.retrieve(id, { stream: true, starting_after: last }));
    text += rest.filter((event) => event.type === 'response.output_text.delta').map((event) => event.delta).join('');
    const whole = await client.responses.retrieve(id);
    return { same: text === whole.output_text, status: whole.status, after: rest.every((event) => event.sequence_number > last), length: text.length };
  },

  async cancel() {
    const begun = await client.responses.create({ model: 'scripted/ttft=0;rate=10;tokens=100000', input: 'hi', background: true });
    const reading = client.responses.stream({ response_id: begun.id }).finalResponse();
    const cancelled = await client.responses.cancel(begun.id);
    const again = await client.responses.cancel(begun.id);
    const read = await reading;
    const other = await client.responses.create({ model: 'scripted/text=Hello', input: 'hi' });
    return {
      begun: begun.status, cancelled: cancelled.status, again: again.status, read: read.status,
      refused: await failure(() => client.responses.cancel(other.id)),
    };
  },

  async errors() {
    const broken = 'scripted/error=500@3;tokens=50';
    return {
      before: await failure(() => client.responses.create({ model: 'scripted/status=429', input: 'hi' })),
      beforeStream: await failure(() => client.responses.create({ model: 'scripted/status=503', input: 'hi', stream: true })),
      during: (await all(await client.responses.create({ model: broken, input: 'hi', stream: true }))).at(-1),
      duringFinal: (await client.responses.stream({ model: broken, input: 'hi' }).finalResponse()).status,
      invalid: await failure(() => client.responses.create({ input: 'hi', temperature: 3 })),
      unknownModel: await failure(() => client.responses.create({ model: 'nobody/nothing', input: 'hi' })),
      unknown: await failure(() => client.responses.retrieve('resp_unknown')),
    };
  },
};

console.log(JSON.stringify(await cases[name]()));
