// How much of the machine Normtape reaches: its rate of operations, and of bytes, relative to the largest rates that were
// measured in the same run.
import { digits, percent, table } from './words.mjs';

const OWN = 'Normtape wasm';
const PEAK_TASK = '1024×1024×1024';

/** The groups whose operations are counted, and those that are bound by memory. */
const COMPUTING = ['matmul', 'mlp', 'steps', 'transformers', 'conv2d', 'depthwise', 'attention'];
const COPYING = ['layer_norm', 'rms_norm', 'batch_norm'];

/** Operations a nanosecond are GFLOP/s. */
const rateOf = ({ operations, times }, name) => operations / times[name].median;

/**
 * The largest rates of products of matrices: of any contender at 1024×1024×1024, and of ours at any size. Undefined if
 * they were not measured.
 */
export function peaks(groups) {
  const products = groups.find(({ name }) => name === 'matmul')?.tasks ?? [];
  const largest = products.find(({ title }) => title === PEAK_TASK);
  if (!largest?.times[OWN]) return undefined;
  const rates = Object.keys(largest.times).map((name) => ({ name, rate: rateOf(largest, name) }));
  const own = products
    .filter(({ times }) => times[OWN])
    .map((task) => ({ title: task.title, rate: rateOf(task, OWN) }));
  const first = (list) => list.reduce((most, each) => (each.rate > most.rate ? each : most));
  return { machine: first(rates), own: first(own) };
}

/** The groups with these names, in this order, with the tasks that ours was measured in. */
const measured = (groups, names) =>
  names
    .flatMap((name) => groups.filter((group) => group.name === name))
    .flatMap(({ name, tasks }) => tasks.filter(({ times }) => times[OWN]).map((task) => ({ name, ...task })));

/** The rates of tasks that compute; undefined if there is nothing to compare them with. */
export function computingTable(groups) {
  const best = peaks(groups);
  if (!best) return undefined;
  const rows = measured(groups, COMPUTING).map((task) => {
    const rate = rateOf(task, OWN);
    return [
      `${task.name}: ${task.title}`,
      digits(rate),
      percent(rate / best.machine.rate),
      percent(rate / best.own.rate),
    ];
  });
  const head = ['Normtape wasm', 'GFLOP/s', 'of the peak', 'of our best product'];
  return table(head, rows);
}

/** Numbers of four bytes: x is read and y written; backward, the gradient of y is read and that of x written. */
const bytesOf = ({ elements, pass }) => 4 * elements * (pass === 'both' ? 4 : 2);

/** The rates of tasks that mostly read and write, relative to copying as many bytes; undefined if none was measured. */
export function copyingTable(groups) {
  const tasks = measured(groups, COPYING).filter(({ times }) => times.memcpy);
  if (tasks.length === 0) return undefined;
  const rows = tasks.map((task) => [
    `${task.name}: ${task.title}`,
    digits(bytesOf(task) / task.times[OWN].median),
    digits(bytesOf(task) / task.times.memcpy.median),
    percent(task.times.memcpy.median / task.times[OWN].median),
  ]);
  return table(['Normtape wasm', 'GB/s', 'memcpy, GB/s', 'of memcpy'], rows);
}

/** The section of the page; undefined if neither was measured. */
export function roofline(groups) {
  const [computing, copying] = [computingTable(groups), copyingTable(groups)];
  if (!computing && !copying) return undefined;
  const parts = ['## Share of the machine'];
  if (computing) {
    const { machine, own } = peaks(groups);
    parts.push(
      `The peak is the fastest product of two 1024×1024 matrices in this run, on one thread: ${digits(machine.rate)} GFLOP/s, by
${machine.name}. That is a lower bound on the peak of the processor, which has wider vectors than the 128 bits of WebAssembly. So
the last column compares with the best rate of our own matrix product kernel: ${digits(own.rate)} GFLOP/s
(${own.title}). A multiply-add counts as two operations. Only products, convolutions and attention are counted, once each,
although a step also spends time on norms, activations and Adam.`,
      computing,
    );
  }
  if (copying) {
    parts.push(
      `Norms of large arrays are limited by memory bandwidth. The bytes are those that must be read and written: x and y, and in the
backward pass their gradients. \`memcpy\` copies as many bytes in the same run, between arrays of the same size. Small arrays
fit into a cache, where copies are fastest.`,
      copying,
    );
  }
  return parts.join('\n\n');
}
