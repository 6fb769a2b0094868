const $ = (id) => document.getElementById(id);
const session = crypto.randomUUID?.() ?? String(Math.random());
let source, run;

$('ask').addEventListener('submit', (event) => {
  event.preventDefault();
  source?.close();
  $('answer').textContent = $('metrics').textContent = '';
  const query = new URLSearchParams({ q: $('question').value, session });
  if ($('model').value) query.set('model', $('model').value);

  // When the connection breaks, the browser comes back by itself with Last-Event-ID, and the same run goes on.
  source = new EventSource(`/api/stream?${query}`);
  source.onmessage = (message) => handle(JSON.parse(message.data));
  source.onerror = () => source.readyState === EventSource.CLOSED ? end('The server refused, or the run is gone.') : say('Connection lost, coming back…');
  $('stop').disabled = false;
  say('Waiting…');
});

$('stop').addEventListener('click', () => run && fetch(`/api/runs/${run}/cancel`, { method: 'POST' }));

function handle(event) {
  switch (event.type) {
    case 'connected': run = event.runId; say(`Asked ${event.model}.`); break;
    case 'reasoning': say('Thinking…'); break;
    case 'token': $('answer').append(event.content); say('Streaming…'); break;
    case 'retry': say(`Trying again: ${event.reason}`); break;
    case 'metrics': show(event); break;
    case 'error': $('answer').append(`\n${event.message}`); break;
    case 'done': show(event.metrics); end(`The answer is ${event.reason}.`); break;
    case 'shutdown': say('The server restarts, coming back…'); break;
  }
}

function show(metrics) {
  const parts = [`${metrics.tokens} tokens`, `${(metrics.durationMs / 1000).toFixed(1)} s`];
  if (metrics.ttftMs !== undefined) parts.unshift(`first token after ${Math.round(metrics.ttftMs)} ms`);
  if (metrics.tokensPerSecond !== undefined) parts.push(`${Math.round(metrics.tokensPerSecond)} tokens a second`);
  $('metrics').textContent = parts.join(' · ');
}

function end(text) { source.close(); $('stop').disabled = true; say(text); }
function say(text) { $('state').textContent = text; }
