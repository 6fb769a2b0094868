// The official openai client against /v1: node openai-chat.mjs SERVER CASE [MODEL]. Prints what it saw as one JSON value.
import OpenAI from 'openai';

const [server, name, model] = process.argv.slice(2);
const client = new OpenAI({ baseURL: `${server}/v1`, apiKey: 'none', maxRetries: 0 });
const messages = [{ role: 'user', content: 'hello' }];
const tools = ['clock', 'calculator'].map(tool => ({ type: 'function', function: { name: tool, parameters: { type: 'object', properties: {} } } }));

const seen = error => ({ name: error.constructor.name, isApiError: error instanceof OpenAI.APIError, status: error.status ?? null, code: error.code, type: error.type,
  message: error.message, retryAfter: error.headers?.get('retry-after') ?? null });

const cases = {
  async whole() {
    const completion = await client.chat.completions.create({ model, messages });
    return completion;
  },

  async stream() {
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ model, messages, stream: true, stream_options: { include_usage: true } })) {
      chunks.push(chunk);
    }

    return {
      ids: new Set(chunks.map(chunk => chunk.id)).size,
      content: chunks.map(chunk => chunk.choices[0]?.delta.content ?? '').join(''),
      reasoning: chunks.map(chunk => chunk.choices[0]?.delta.reasoning_content ?? '').join(''),
      finish: chunks.map(chunk => chunk.choices[0]?.finish_reason).filter(Boolean),
      usage: chunks.at(-1).usage,
      chunks: chunks.length,
    };
  },

  // The client's helper, which puts the message together by its own rules.
  async helper() {
    const stream = client.chat.completions.stream({ model, messages, stream_options: { include_usage: true } });
    let grown = '';
    stream.on('content', delta => grown += delta);
    const [content, completion, usage] = [await stream.finalContent(), await stream.finalChatCompletion(), await stream.totalUsage()];
    return { content, grown, finish: completion.choices[0].finish_reason, id: completion.id, usage };
  },

  async helperTools() {
    const stream = client.chat.completions.stream({ model, messages, tools });
    const { message, finish_reason: finish } = (await stream.finalChatCompletion()).choices[0];
    return { finish, calls: message.tool_calls.map(call => ({ ...call.function, id: call.id, arguments: JSON.parse(call.function.arguments) })) };
  },

  // A model that calls, and what it says once its calls are answered.
  async tools() {
    const first = await client.chat.completions.create({ model, messages, tools });
    const [{ message, finish_reason: finish }] = first.choices;
    const results = message.tool_calls.map(call => ({ role: 'tool', tool_call_id: call.id, content: `answer to ${call.function.name}` }));
    const second = await client.chat.completions.create({ model, messages: [...messages, message, ...results], tools });
    return { content: message.content, finish, calls: message.tool_calls.map(call => call.function.name), answer: second.choices[0].message.content, end: second.choices[0].finish_reason };
  },

  // Tools that the server runs: no calls for the client, also where it has tools of its own.
  async executed() {
    const chatapp = { tools: ['look', 'remove'] };
    const chunks = [];
    for await (const chunk of await client.chat.completions.create({ model, messages, tools, chatapp, stream: true })) chunks.push(chunk);
    const final = await client.chat.completions.stream({ model, messages, chatapp }).finalChatCompletion();
    const whole = await client.chat.completions.create({ model, messages, chatapp });
    const none = await client.chat.completions.create({ model, messages });
    return {
      executed: chunks.flatMap(chunk => chunk.choices[0]?.delta.executed_tools ?? []),
      calls: chunks.flatMap(chunk => chunk.choices[0]?.delta.tool_calls ?? []),
      finish: chunks.map(chunk => chunk.choices[0]?.finish_reason).filter(Boolean),
      final: final.choices[0], whole: whole.choices[0], none: none.choices[0].message,
    };
  },

  async abort() {
    const { data: stream, response } = await client.chat.completions.create({ model, messages, stream: true }).withResponse();
    let chunks = 0;
    for await (const _ of stream) {
      if (++chunks === 3) {
        stream.controller.abort();
      }
    }

    return { run: response.headers.get('x-run-id'), chunks };
  },

  async error() {
    try {
      let content = '';
      const stream = await client.chat.completions.create({ model, messages, stream: true });
      try {
        for await (const chunk of stream) {
          content += chunk.choices[0]?.delta.content ?? '';
        }
      } catch (error) {
        return { during: seen(error), content };
      }

      return { content };
    } catch (error) {
      return { before: seen(error) };
    }
  },

  async errorWhole() {
    return seen(await client.chat.completions.create({ model, messages }).catch(error => error));
  },

  async models() {
    const ids = [];
    for await (const listed of client.models.list()) {
      ids.push(listed.id);
    }

    return { ids, one: await client.models.retrieve(model), missing: seen(await client.models.retrieve('missing/model').catch(error => error)) };
  },
};

console.log(JSON.stringify(await cases[name]()));
