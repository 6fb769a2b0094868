// Gives streams that the server wrote, frame by frame, to the clients' own schemas and readers. Prints what they refuse.
import { readFileSync } from 'node:fs';
import { readUIMessageStream, uiMessageChunkSchema } from 'ai';
import { AbstractAgent } from '@ag-ui/client';
import { from } from 'rxjs';

const { aiSdk, agUi } = JSON.parse(readFileSync(process.argv[3], 'utf8'));
const refused = [];
const warnings = new Set();
console.warn = (...args) => warnings.add(args.join(' '));

for (const frames of aiSdk) {
  const chunks = frames.filter(frame => frame !== '[DONE]');
  for (const chunk of chunks) {
    const result = await uiMessageChunkSchema().validate(chunk);
    if (!result.success) refused.push({ schema: String(result.error), chunk });
  }

  let message;
  const errors = [];
  for await (const state of readUIMessageStream({ stream: ReadableStream.from(chunks), onError: error => errors.push(error.message) })) message = state;
  if (errors.length !== chunks.filter(chunk => chunk.type === 'error').length) refused.push({ errors, frames });
  const open = message?.parts.filter(part => part.state === 'streaming' || part.state === 'input-streaming');
  if (open?.length) refused.push({ open, frames });
}

class Agent extends AbstractAgent {
  constructor(events) { super(); this.events = events; }
  run() { return from(this.events); }
}

for (const frames of agUi) {
  const errors = [];
  await new Agent(frames).runAgent({}, { onRunFailed: ({ error }) => { errors.push(error.message); } }).catch(error => errors.push(error.message));
  if (frames.at(-1).type !== 'RUN_ERROR' && errors.length) refused.push({ errors, frames });
  if (frames.at(-1).type === 'RUN_ERROR' && errors.some(error => error.startsWith('Cannot') || error.includes('invalid'))) refused.push({ errors, frames });
}

console.log(JSON.stringify({ refused: refused.slice(0, 3), warnings: [...warnings].slice(0, 5) }));
