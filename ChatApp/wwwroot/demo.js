const $ = (id) => document.getElementById(id);
const session = crypto.randomUUID?.() ?? String(Math.random());
let source, run;

$('ask').addEventListener('submit', async (event) => {
  event.preventDefault();
  // A session answers one question at a time.
  if (!await cancel()) return;
  source?.close();
  $('send').disabled = $('stop').disabled = true;
  $('answer').textContent = $('metrics').textContent = '';
  const query = new URLSearchParams({ q: $('question').value, session });
  if ($('model').value) query.set('model', $('model').value);

  // When the connection breaks, the browser comes back by itself with Last-Event-ID, and the same run goes on.
  source = new EventSource(`/api/stream?${query}`);
  source.onmessage = (message) => handle(JSON.parse(message.data));
  source.onopen = () => $('answer').hasChildNodes() && say('Streaming…');
  source.onerror = () => source.readyState === EventSource.CLOSED ? end('The server refused, or the run is gone.') : say('Connection lost, coming back…');
  say('Waiting…');
});

$('stop').addEventListener('click', cancel);

// True once nothing is being answered.
async function cancel() {
  try {
    const response = run && await fetch(`/api/runs/${run}/cancel`, { method: 'POST' });
    if (response && !response.ok && response.status !== 404) throw new Error(`the server says ${response.status}`);
    run = undefined;
    return true;
  } catch (error) {
    say(`It could not be stopped: ${error.message}.`);
    return false;
  }
}

function handle(event) {
  switch (event.type) {
    case 'connected': run = event.runId; $('send').disabled = $('stop').disabled = false; say(`Asked ${event.model}.`); break;
    case 'reasoning': say('Thinking…'); break;
    case 'token': $('answer').hasChildNodes() || say('Streaming…'); $('answer').append(event.content); break;
    case 'retry': say(`Trying again: ${event.reason}`); break;
    case 'metrics': show(event); break;
    case 'error': $('answer').append(`\n${event.message}`); break;
    case 'done': run = undefined; show(event.metrics); end(`The answer is ${event.reason}.`); break;
    case 'shutdown': say('The server restarts, coming back…'); break;
  }
}

function show(metrics) {
  const parts = [`${metrics.tokens} tokens`, `${(metrics.durationMs / 1000).toFixed(1)} s`];
  if (metrics.ttftMs !== undefined) parts.unshift(`first token after ${Math.round(metrics.ttftMs)} ms`);
  if (metrics.tokensPerSecond !== undefined) parts.push(`${Math.round(metrics.tokensPerSecond)} tokens a second`);
  $('metrics').textContent = parts.join(' · ');
}

function end(text) { source.close(); $('stop').disabled = true; $('send').disabled = false; say(text); }
function say(text) { $('state').textContent = text; }
