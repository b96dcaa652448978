import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { contradictions, rankingTable } from './ranking.mjs';
import { gateTable, groupTables, growthTable, heldTable } from './tables.mjs';

const ABOUT = {
  layer_norm: 'ε = 1e-5, gain and shift; backward gives the gradients of x, gain and shift.',
  rms_norm: 'PyTorch 1.13 has none, so there it is composed, as in TensorFlow.js.',
  batch_norm: 'In training, by features; PyTorch and Normtape also keep running statistics.',
  softmax: 'Along the last axis.',
  gelu: 'By tanh; deepbox has the exact one alone.',
  matmul:
    'Forward. PyTorch and ONNX Runtime use vectors as wide as the processor has; WebAssembly has 128 bits.',
  adam: 'In place or not, as each does it.',
  tape: 'y ← y · w + b ten times: what an op costs where there is nothing to compute.',
  mlp: 'Forward, backward and the update of all weights; all losses agree after 20 steps.',
};

/** The page of a run, in Markdown. */
export function page({ quick, machine, versions, groups, growth, held, start, ranking, left, order }) {
  const list = (lines) => lines.map((line) => `- ${line}`).join('\n');
  const sections = [
    `# How fast it is

Measured by \`npm run bench\`, which writes this page:

\`\`\`sh
npm run build
ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm ci --prefix tests/benchmarks
npm run bench
\`\`\`

PyTorch takes part where the \`python3\` of the system has torch (\`apt-get install python3-torch libopenblas0-pthread\`;
without OpenBLAS its matrix products are tens of times slower).

## How it is measured

Every contender is a process of its own that waits while others are measured, on one thread. In each round all of them
run a sample of a task, in a new random order; the tables show medians. **The number of a contender is its time beside
that of Normtape on plain WebAssembly SIMD, whose time is given in full: above 1 it is slower, below 1 faster.**
± is half the distance between the quartiles, where that is large. Before a contender is timed, its results are compared
with ours, and it runs for half a second, two for training steps, so that what compiles while it runs has done so.
float32. \`memcpy\` copies x to y, and backward also the gradient of y to that of x.

Normtape is measured through what the package exports: \`vjp\` of the \`forward\` of a layer and its \`pullback\`, each
repetition in a \`scope\`.
${quick ? '\n**These are the figures of a quick run, with few and short samples.**\n' : ''}
${list([`Machine: ${machine}`, ...versions])}
${left.length > 0 ? `\nLeft out:\n\n${list(left)}` : ''}`,
    `## What it is held to\n\n${gateTable({ groups, ranking, start, held })}`,
    ...groups.map((group) => `## ${group.name}\n\n${ABOUT[group.name]}\n\n${groupTables(group, order)}`),
  ];
  if (growth) {
    sections.push(`## How time and memory grow

\`layer_norm\`, forward and backward: time an element, and by how much the peak of a fresh process grew.

${growthTable(growth.rows, 'rows × 256', order)}

${growthTable(growth.width, '256 × width', order)}`);
  }
  if (held) {
    sections.push(
      `## Memory over many steps\n\nOf the step of the MLP above, on plain WebAssembly; after a collection of garbage.\n\n${heldTable(held)}`,
    );
  }
  if (ranking) {
    const wrong = contradictions(ranking);
    sections.push(`## The norms beside each other

By \`npx normtape bench\`: time an element beside that of copying it, on ${ranking.elements.toLocaleString('en')} elements
in rows of each width, 32 rows a sample; \`in all\` is the geometric mean over the widths, forward and backward.

${rankingTable(ranking)}

The guide that the types come from gives another order, from fastest to slowest: \`rms_norm\`, \`zero_centered_rms_norm\`,
\`dynamic_tanh\`, \`layer_norm\`, \`band_rms\`, \`global_response_norm\`, \`batch_norm\`.
${wrong.length > 0 ? `Here it is wrong:\n\n${wrong.join('\n')}` : 'It holds here.'}`);
  }
  return `${sections.join('\n\n')}\n`;
}

/** Writes the page in the format of the project. */
export async function writePage(run, target) {
  const options = { ...(await resolveConfig(target)), parser: 'markdown' };
  writeFileSync(target, await format(page(run), options));
}
