import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { contradictions, limits, rankingTable } from './ranking.mjs';
import { roofline } from './roofline.mjs';
import { gateTable, groupTables, growthTable, heldTable, overheadTable } from './tables.mjs';

const ABOUT = {
  layer_norm: 'ε = 1e-5, gain and shift; backward computes the gradients of x, gain and shift.',
  rms_norm: 'PyTorch 1.13 and TensorFlow.js have no such layer, so there it is composed of ops.',
  batch_norm: 'In training mode, per feature; PyTorch and Normtape also update running statistics.',
  softmax: 'Along the last axis.',
  gelu: 'The tanh approximation; deepbox has only the exact function.',
  matmul:
    'Forward only. PyTorch and ONNX Runtime use the widest vectors of the processor; WebAssembly vectors have 128 bits.',
  adam: 'Updates in place or creates new arrays, as each library does.',
  tape: 'y ← y · w + b ten times on small arrays: the overhead of an op.',
  mlp: 'Forward, backward and the update of all weights. After 20 steps the losses of all contenders agree.',
  steps:
    'Training steps of convolutional networks: forward, backward and the update of all weights. After 20 steps the losses agree.',
  conv2d:
    "Titles state the images, then the kernel; padding 'same'. The backward pass computes the gradients of both.",
  depthwise:
    "Titles state the images, then the kernel; padding 'same'. The backward pass computes the gradients of both.",
  pooling: 'Forward and backward.',
  tokens:
    'The time in which `generate` of a language model generates these tokens greedily, with a KV cache.',
  attention:
    'Queries [batch, heads, length, width], and as many keys and values. PyTorch 1.13 and jax-js compose it from matrix products and softmax, with a mask created beforehand.',
  transformers:
    'Training steps of character transformers: forward, backward and the update of all weights. After 20 steps the losses agree.',
};

/** The page of a run, in Markdown. */
export function page({
  quick,
  machine,
  versions,
  groups,
  growth,
  held,
  overhead,
  start,
  ranking,
  left,
  order,
}) {
  const list = (lines) => lines.map((line) => `- ${line}`).join('\n');
  const sections = [
    `# How fast it is

Speed and memory of Normtape, compared with PyTorch, TensorFlow.js and other libraries. These commands measure both and
write this page:

\`\`\`sh
npm run build
ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm ci --prefix tests/benchmarks
npm run bench
\`\`\`

PyTorch is included if the system's \`python3\` has torch (\`apt-get install python3-torch libopenblas0-pthread\`;
without OpenBLAS its matrix products are tens of times slower).

## How it is measured

**Each number is a contender's time divided by that of Normtape on plain WebAssembly SIMD: above 1 it is slower, below 1
faster.** Only the row of Normtape wasm shows a time. All computations are in float32, and the numbers are medians. ± is half the
interquartile range, shown if it is large.

Every contender is a single-threaded process that waits while others are measured. In each round, each contender runs a
sample of a task, in a new random order. Before timing, its results are compared with ours, and it warms up for half a
second, or two seconds for training steps, so that just-in-time compilation is complete. \`memcpy\` copies x to
y; backward, it also copies the gradient of y to that of x.

Normtape is measured through its public functions: \`vjp\` of the \`forward\` of a layer and its \`pullback\`, with each
repetition in a \`scope\`; \`valueAndGrad\` and \`Adam\` for training steps, and \`generate\` for text. All contenders start
training from the same weights and compute the same formulas: losses after 20 steps may differ by at most 1 %, and
generated tokens must be equal. The steps of jax-js are compiled whole by its \`jit\`; PyTorch uses its
fused functions where it has them. TensorFlow.js runs on its WebAssembly backend. That backend has no gradients of
convolutions, so networks for images run on its \`cpu\` backend. A contender that lacks an op of a task is excluded from
that task. jax-js and TensorFlow.js are also excluded if their first step takes more than 20 seconds, or a later one more
than three. The list below gives the reasons. A target counts as met if it is met relative to all measured contenders.
${quick ? '\n**These are the figures of a quick run, with few and short samples.**\n' : ''}
${list([`Machine: ${machine}`, ...versions])}
${left.length > 0 ? `\nExcluded:\n\n${list(left)}` : ''}`,
    `## Performance targets\n\n${gateTable({ groups, ranking, start, held, overhead })}`,
    ...groups.map((group) => `## ${group.name}\n\n${ABOUT[group.name]}\n\n${groupTables(group, order)}`),
  ];
  const share = roofline(groups);
  if (share) sections.push(share);
  if (growth) {
    sections.push(`## How time and memory grow

\`layer_norm\`, forward and backward: time per element, and the growth of peak memory in a fresh process.

${growthTable(growth.rows, 'rows × 256', order)}

${growthTable(growth.width, '256 × width', order)}`);
  }
  if (held) {
    sections.push(
      `## Memory over many steps\n\nMemory of the training steps above on plain WebAssembly, after a garbage collection. The batches have the sizes stated here,\nso that 10,000 steps take minutes.\n\n${heldTable(held)}`,
    );
  }
  if (overhead) {
    sections.push(`## Overhead

- Loops of \`layer_norm\` on 512×768 numbers outside any scope, relative to the same loop in a scope.
- An op in a training step of 200 ops on 16×16 numbers, forward and backward, relative to an empty WebAssembly call plus the
  allocation of a typed array for the result.
- The tokens per second that a model with two layers of width 64 generates.

Both sides of a ratio are measured alternately.

${overheadTable(overhead)}`);
  }
  if (ranking) {
    const wrong = contradictions(ranking);
    sections.push(`## The norms by time

Measured by \`npx normtape bench\`: time per element divided by the time to copy it, on ${ranking.elements.toLocaleString('en')} elements
in rows of each width, 32 rows per sample. \`in all\` is the geometric mean over the widths, forward and
backward; the column \`layer_norm\` is relative to that norm. A norm that rejects these shapes gets the rows without
samples, or as images.

${limits(ranking)}

${rankingTable(ranking)}

The Keras guide from which the first types come gives another order, from fastest to slowest: \`rms_norm\`, \`zero_centered_rms_norm\`,
\`dynamic_tanh\`, \`layer_norm\`, \`band_rms\`, \`global_response_norm\`, \`batch_norm\`.
${wrong.length > 0 ? `These measurements contradict it:\n\n${wrong.join('\n')}` : 'These measurements agree.'}`);
  }
  return `${sections.join('\n\n')}\n`;
}

/** Writes the page in the format of the project. */
export async function writePage(run, target) {
  const options = { ...(await resolveConfig(target)), parser: 'markdown' };
  writeFileSync(target, await format(page(run), options));
}
