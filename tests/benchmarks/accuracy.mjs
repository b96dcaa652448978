// Measures how far norms are from the exact result in float32, and writes docs/accuracy.md:
//   npm ci --prefix tests/benchmarks && npx tsx tests/benchmarks/accuracy.mjs
import { writeFileSync } from 'node:fs';
import { format, resolveConfig } from 'prettier';
import { Random, draw, flat, fromFlat } from '../../src/array/index.ts';
import { kernelInfo, normalizationTypes, norms } from '../../src/index.ts';
import { rule } from '../../src/norms/rule.ts';
import { allocate } from '../../src/norms/owned.ts';
import { read as readOptions } from '../../src/norms/option.ts';
import { exactly } from '../../src/verify/exact/exactly.ts';
import { scalars } from '../../src/verify/exact/scalars.ts';
import { single } from '../oracle/rounded.ts';
import * as tensorflow from './tensorflow.mjs';

const ROWS = 16;
const N = 64;

/** Each fills one row with n numbers. */
const CLASSES = {
  ordinary: { about: 'standard normal numbers', row: (normal) => normal },
  'offset 1e4': { about: 'the same plus 10⁴', row: (normal) => () => 1e4 + normal() },
  'offset 1e6': { about: 'the same plus 10⁶', row: (normal) => () => 1e6 + normal() },
  tiny: { about: 'the same times 10⁻³⁰', row: (normal) => () => 1e-30 * normal() },
  huge: { about: 'the same times 10³⁰', row: (normal) => () => 1e30 * normal() },
  'one huge': {
    about: 'the same, with one number of each row replaced by 10²⁰',
    row: (normal) => (_, i) => (i === 5 ? 1e20 : normal()),
  },
  constant: {
    about: 'one number per row, repeated, around 1234',
    row(normal) {
      const value = 1234 + normal();
      return () => value;
    },
  },
  zero: { about: 'zeros', row: () => () => 0 },
  'n = 1': { about: 'standard normal numbers, one per row', row: (normal) => normal, n: 1 },
  'n = 2': { about: 'standard normal numbers, two per row', row: (normal) => normal, n: 2 },
};

/** How a type sees a row: batch_norm along the batch, global_response_norm as places of four channels. */
const LAYOUTS = {
  batch_norm: {
    shape: (n) => [n, ROWS],
    place: (row, i) => i * ROWS + row,
  },
  global_response_norm: {
    shape: (n) => [ROWS, Math.ceil(n / 4), Math.min(n, 4)],
    place: (row, i, n) => row * n + i,
  },
};
const inRows = { shape: (n) => [ROWS, n], place: (row, i, n) => row * n + i };
const layoutOf = (type) => LAYOUTS[type] ?? inRows;

/** The question that a class of inputs puts to a type, in float32. */
function question(type, { row, n = N }) {
  const random = new Random(7);
  const normal = () => random.normal();
  const { shape, place } = layoutOf(type);
  const data = new Float32Array(ROWS * n);
  for (let r = 0; r < ROWS; r++) {
    const fill = row(normal);
    for (let i = 0; i < n; i++) data[place(r, i, n)] = fill(r, i);
  }
  const x = fromFlat(data, shape(n));
  const norm = norms[type];
  const options = readOptions(type, norm.options, {}).values;
  const own = (specs) => allocate(specs, x.shape, options, { dtype: 'float32' });
  const weights = Object.fromEntries(
    Object.entries(own(norm.parameters)).map(([name, a]) => [name, draw(a.shape, normal, 'float32')]),
  );
  const state = own(norm.state);
  const { values } = rule(norm, Object.keys(weights), options, { training: true, state })([
    x,
    ...Object.values(weights),
  ]);
  return { x, weights, options, state, n, seeds: values.map((y) => draw(y.shape, normal, 'float32')) };
}

function ours(type, { x, weights, options, state, seeds }) {
  const apply = rule(norms[type], Object.keys(weights), options, { training: true, state });
  const { values, pullback } = apply([x, ...Object.values(weights)]);
  return { outputs: values.map(flat), dx: flat(pullback(seeds)[0]) };
}

const each = (arrays, f) => Object.fromEntries(Object.entries(arrays).map(([name, a]) => [name, f(a)]));

function byTensorflow(type, { x, weights, options, state, seeds }) {
  const setting = { training: true, state: each(state, tensorflow.read) };
  const own = each(weights, tensorflow.read);
  const f = (input) => norms[type].formula(tensorflow.algebra, input, own, options, setting).outputs;
  return tensorflow.pulled(f, tensorflow.read(x), seeds.map(tensorflow.read));
}

function byTensorflowLayer(type, { x, weights, options, seeds }) {
  const layer = tensorflow.layers[type];
  if (!layer) return undefined;
  const input = tensorflow.read(x);
  return tensorflow.pulled(
    layer(input, each(weights, tensorflow.read), options),
    input,
    seeds.map(tensorflow.read),
  );
}

/** As in a textbook: every operation rounded to float32, and the variance as mean(x²) − mean(x)². */
function plain(type, { x, weights, options, state, seeds }) {
  const { algebra, array, vjp } = scalars(single);
  const variance = (a, mean, axes) => {
    return algebra.sub(algebra.mean(algebra.mul(a, a), axes), algebra.mul(mean, mean));
  };
  const read = (a) => array(Array.from(flat(a)), a.shape);
  const input = read(x);
  const setting = { training: true, state: each(state, read) };
  const f = () =>
    norms[type].formula({ ...algebra, variance }, input, each(weights, read), options, setting).outputs;
  const { outputs, gradients } = vjp(
    f,
    seeds.map((seed) => Array.from(flat(seed))),
    [input],
  );
  return { outputs, dx: gradients[0] };
}

/** The gap between float32 numbers of this size. */
const ulp = (size) => 2 ** (Math.max(-126, Math.floor(Math.log2(size))) - 23);

/** Stands for a number where the exact result is 0, which has no unit in the last place. */
const NOT_ZERO = Number.MAX_VALUE;

/**
 * The largest error of a row relative to its largest exact number, in units in the last place of that; the worst row
 * counts.
 */
function worst(type, n, given, exact) {
  const { place } = layoutOf(type);
  const whole = given.length === ROWS * n;
  let most = 0;
  for (let row = 0; row < ROWS; row++) {
    const indices = whole ? Array.from({ length: n }, (_, i) => place(row, i, n)) : [row];
    const size = Math.max(...indices.map((i) => Math.abs(exact[i])));
    for (const i of indices) {
      const error = Math.abs(given[i] - exact[i]);
      if (Number.isNaN(error)) return NaN;
      if (error > 0) most = Math.max(most, size === 0 ? NOT_ZERO : error / ulp(size));
    }
  }
  return most;
}

const shown = (value) => {
  if (value === undefined) return '';
  if (Number.isNaN(value)) return 'NaN';
  if (value === Infinity) return '∞';
  if (value === NOT_ZERO) return '≠ 0';
  if (value === 0) return '0';
  if (value < 0.1) return '< 0.1';
  if (value < 100) return value.toFixed(1);
  return value < 1e4 ? value.toFixed(0) : value.toExponential(0).replace('e+', 'e');
};

const CONTENDERS = {
  Normtape: ours,
  'TensorFlow.js': byTensorflow,
  'its layer': byTensorflowLayer,
  'plain float32': plain,
};

const forward = [];
const backward = [];
for (const type of normalizationTypes) {
  const errors = Object.keys(CONTENDERS).map(() => ({ forward: [], backward: [] }));
  for (const kind of Object.values(CLASSES)) {
    const asked = question(type, kind);
    // What is below all numbers is 0: 192 bits leave a little where terms cancel.
    const exact = each(exactly(norms[type].formula, asked), ({ values }) =>
      values.map((value) => (Math.abs(value) > 2 ** -150 ? value : 0)),
    );
    Object.values(CONTENDERS).forEach((compute, k) => {
      const result = compute(type, asked);
      const ofOutputs = result?.outputs.map((y, i) => worst(type, asked.n, y, exact[`output ${i}`]));
      errors[k].forward.push(ofOutputs && ofOutputs.reduce((a, b) => Math.max(a, b)));
      errors[k].backward.push(result && worst(type, asked.n, result.dx, exact.dx));
    });
  }
  Object.keys(CONTENDERS).forEach((name, k) => {
    if (errors[k].forward[0] === undefined) return;
    const head = [k === 0 ? `\`${type}\`` : '', name];
    forward.push([...head, ...errors[k].forward.map(shown)]);
    backward.push([...head, ...errors[k].backward.map(shown)]);
  });
}

const columns = ['type', '', ...Object.keys(CLASSES)];
const table = (rows) =>
  [columns, columns.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');

const page = `# How accurate the norms are

This page shows how far the norms are from the exact result in float32, next to TensorFlow.js and a plain implementation.
\`tests/benchmarks/accuracy.mjs\` measures it and writes the page:

\`\`\`sh
npm ci --prefix tests/benchmarks
npx tsx tests/benchmarks/accuracy.mjs
\`\`\`

## What is measured

Every norm, with its default options and random weights, gets ${ROWS} rows of float32 numbers of each input class below. The
exact result is computed from the same numbers and formula, in 192-bit arithmetic without bounds on the exponent
(\`src/verify/exact\`). The error of a row is its largest difference from the exact result, in units in the last place (ulps) of
the largest exact number in that row. An error of 0.5 means one rounding, 1e7 no correct digit, NaN a result that is not a
number, and ≠ 0 a nonzero result whose exact value is 0. The tables show the worst row, of the worst output if a norm has
several. A row is a set of numbers that share statistics: for \`batch_norm\`, those of one feature.

Normtape used its kernels \`${kernelInfo().kernels}\`.

${Object.entries(CLASSES)
  .map(([name, { about, n = N }]) => `- **${name}**: ${about}${n === N ? '' : `, instead of ${N}`}.`)
  .join('\n')}

It is compared with:

- **TensorFlow.js**: the formula composed of its operations, on its \`cpu\` backend, with its own automatic gradients.
- **its layer**: \`tf.layers.layerNormalization\` and \`batchNormalization\`, with the same weights and ε.
- **plain float32**: the formula with every operation rounded to float32, the variance as mean(x²) − mean(x)², and gradients by the
  chain rule, one operation at a time.

## Outputs

${table(forward)}

## Gradient of x

The gradients of the outputs are random. On rows of one or two numbers large terms often cancel, so that the exact gradient is
tiny: ε times as large as they are, for \`rms_norm\` on one number and \`layer_norm\` on two. One rounding of the terms is then
many ulps of the result. The same holds for \`dml_plus_focal\` on a constant row, in which all numbers tie.

${table(backward)}
`;
const target = 'docs/accuracy.md';
writeFileSync(target, await format(page, { ...(await resolveConfig(target)), parser: 'markdown' }));
