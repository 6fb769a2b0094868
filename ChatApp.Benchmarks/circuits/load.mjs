// Opens N pages at once, asks in each of them, and says what their answers cost and how late they were. One line of JSON.
//
//   node load.mjs --url http://127.0.0.1:5100 --circuits 200 --pid SERVER [--model 'bench/bench;tokens=600;rate=30'] [--spread 2000] [--compression false]
//     [--keys false]
//
// Every page is another reader's, by the keys of keys.mjs: pages of one reader all list the conversations of all of them, and draw that list at every change.
//
// The model is the upstream of this project's benchmarks (see the README): its tokens are the times, of the machine's monotonic clock in nanoseconds, that
// they were sent at, "@123456789;". A token's delay is what passed until a batch that holds it had arrived here. Bytes are those of the batches before
// compression; what went over the wire is given beside them. Memory is the server's resident set: with the pages open and idle, and at its largest while
// they stream, less what it was before the first of them.
import { readFileSync } from 'node:fs';
import { Circuit } from './circuit.mjs';
import { keyOf } from './keys.mjs';

const options = Object.fromEntries(process.argv.slice(2).join(' ').split(/\s*--/).filter(Boolean).map((pair) => pair.split(/\s+/)));
const url = options.url;
const count = Number(options.circuits ?? 50);
const spread = Number(options.spread ?? 2000);
const wanted = Number(/tokens=(\d+)/.exec(options.model ?? '')?.[1] ?? 600);
const model = options.model ?? `bench/bench;tokens=${wanted};rate=30`;
const limit = Number(options.timeout ?? 60) * 1000;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const warm = 20;
const open = (reader, asked) => new Circuit(url, `/?model=${encodeURIComponent(asked)}`, {
  key: options.keys === 'false' ? null : keyOf(reader),
  compression: options.compression !== 'false',
});

// A few that are not counted, until the server's code is compiled.
await all(Array.from({ length: warm }, (_, i) => stream(open(i, model.replace(/tokens=\d+/, 'tokens=150')), i * 50, 150)));
await pause(3000);

const before = use();
const circuits = Array.from({ length: count }, (_, i) => open(warm + i, model));
for (let i = 0; i < count; i += 10) {
  await all(circuits.slice(i, i + 10).map((circuit) => circuit.open()));
}

await pause(2000);
const idle = use();
let peak = idle.memory;
const sampler = setInterval(() => peak = Math.max(peak, use().memory), 100);
const start = { at: process.hrtime.bigint(), server: use().cpu, own: process.cpuUsage(), wire: circuits.map((circuit) => circuit.wireBytes) };
circuits.forEach((circuit) => [circuit.batches, circuit.bytes] = [0, 0]);
const delays = (await all(circuits.map((circuit, i) => stream(circuit, spread * i / count)))).flat();
const seconds = Number(process.hrtime.bigint() - start.at) / 1e9;
const own = process.cpuUsage(start.own);
const cpu = use().cpu - start.server;
clearInterval(sampler);
delays.sort((a, b) => a - b);
const sum = (of) => circuits.reduce((total, circuit, i) => total + of(circuit, i), 0);
const at = (quantile) => round(delays[Math.min(delays.length - 1, Math.floor(quantile * delays.length))] / 1e6, 1);
console.log(JSON.stringify({
  circuits: count,
  failed: circuits.filter((circuit) => circuit.failure).length,
  seconds: round(seconds, 1),
  tokens: wanted * count,
  tokens_timed: delays.length,
  batches_per_s: round(sum((circuit) => circuit.batches) / seconds, 0),
  tokens_per_batch: round(wanted * count / sum((circuit) => circuit.batches), 2),
  kb_sent_per_circuit: round(sum((circuit) => circuit.bytes) / count / 1000, 1),
  bytes_per_token: round(sum((circuit) => circuit.bytes) / wanted / count, 1),
  wire_bytes_per_token: round(sum((circuit, i) => circuit.wireBytes - start.wire[i]) / wanted / count, 1),
  delay_p50_ms: at(0.5),
  delay_p99_ms: at(0.99),
  delay_max_ms: at(1),
  server_us_per_token: round(cpu * 1e6 / wanted / count, 1),
  server_cores: round(cpu / seconds, 2),
  load_cores: round((own.user + own.system) / 1e6 / seconds, 2),
  kb_per_idle_circuit: round((idle.memory - before.memory) / count / 1000, 0),
  kb_per_streaming_circuit: round((peak - before.memory) / count / 1000, 0),
  server_mb_before: round(before.memory / 1e6, 0),
}));
process.exit(0);

// Asks, and resolves with the delay of every token, in nanoseconds, once the last one is there.
async function stream(circuit, wait, tokens = wanted) {
  if (!circuit.composer) {
    await circuit.open();
  }

  await pause(wait);
  const delays = [];
  const seen = new Set();
  const done = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`Only ${delays.length} of ${tokens} tokens came. ${circuit.failure ?? ''}`)), limit);
    circuit.onBatch = (data, at) => {
      const now = Number(at);
      // Text that is drawn once more holds tokens that were there before: they count once.
      for (let i = data.indexOf(0x40); i >= 0; i = data.indexOf(0x40, i)) {
        let value = 0;
        for (i++; data[i] >= 0x30 && data[i] <= 0x39; i++) {
          value = value * 10 + data[i] - 0x30;
        }

        if (data[i] === 0x3b && value < now && now - value < limit * 1e6 && !seen.has(value)) {
          seen.add(value);
          delays.push(now - value);
        }
      }

      // A token may come apart, where a long text goes on in another piece: then the page's word counts. Its last text comes right after.
      if (delays.length >= tokens) {
        clearTimeout(timer);
        resolve(delays);
      } else if (Buffer.from(data.buffer, data.byteOffset, data.byteLength).includes('completed|')) {
        clearTimeout(timer);
        setTimeout(() => resolve(delays), 500);
      }
    };
  });
  if (await circuit.send('Explain streaming.') !== 'true') {
    console.error('The page did not take the question.');
  }

  return done;
}

// One that fails ends the whole thing: figures of fewer pages than asked for would mislead.
function all(promises) {
  return Promise.all(promises).catch((error) => {
    console.error(error.message);
    process.exit(1);
  });
}

function use() {
  if (!options.pid) {
    return { cpu: 0, memory: 0 };
  }

  const fields = readFileSync(`/proc/${options.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return { cpu: (Number(fields[11]) + Number(fields[12])) / 100, memory: Number(fields[21]) * 4096 };
}

function round(value, digits) {
  return Number(value.toFixed(digits));
}
