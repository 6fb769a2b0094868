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
