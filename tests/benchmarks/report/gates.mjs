// The limits on the speed of the package: ratios of medians of one run.
import { GROUPS } from '../workloads.mjs';

const SHAPES = ['32×64', '128×256', '512×768', '4096×1024'];
const LARGE = SHAPES.slice(1);
const both = (shape) => `${shape}, forward + backward`;
const forward = (shape) => `${shape}, forward`;

const [JS, WASM, RELAXED] = ['Normtape js', 'Normtape wasm', 'Normtape relaxed'];

/**
 * The limit: `of` takes at most `most` times the time of `beside`, in every task of the kind with one of these titles.
 */
const atMost = (kind, titles, of, most, beside) => ({ kind, titles, of, most, beside });

/** The limit: `of` is at least `least` times as fast as `beside`. */
const atLeast = (kind, titles, of, least, beside) => ({ kind, titles, of, least, beside });

const titlesOf = (kind) =>
  GROUPS.flatMap(({ tasks }) => tasks.filter((task) => task.kind === kind)).map(({ title }) => title);

/**
 * Training steps: the most of PyTorch's time that ours may take, on plain WebAssembly and with relaxed multiply-adds, and which
 * TensorFlow.js may take ten times ours; for the MLP a stricter limit stands below.
 */
const STEPS = [
  { kind: 'mlp', plain: 1.2, relaxed: 1 },
  { kind: 'resnet', plain: 2.5, relaxed: 2, tensorflow: 'TensorFlow.js cpu' },
  { kind: 'convnext', plain: 2.5, relaxed: 2, tensorflow: 'TensorFlow.js cpu' },
  { kind: 'transformer', plain: 1.6, relaxed: 1.3, tensorflow: 'TensorFlow.js' },
];

const ofSteps = STEPS.flatMap(({ kind, plain, relaxed, tensorflow }) => {
  const titles = titlesOf(kind);
  return [
    atMost(kind, titles, WASM, plain, 'PyTorch'),
    atMost(kind, titles, RELAXED, relaxed, 'PyTorch'),
    atMost(kind, titles, WASM, 0.4, 'jax-js'),
    ...(tensorflow ? [atMost(kind, titles, WASM, 0.1, tensorflow)] : []),
  ];
});

const PRODUCTS = ['256×256×256', '512×768×768', '1024×1024×1024'];

export const GATES = [
  atMost('layer_norm', LARGE.map(both), WASM, 0.8, 'PyTorch'),
  atLeast('layer_norm', LARGE.map(both), WASM, 20, 'TensorFlow.js'),
  atLeast('layer_norm', LARGE.map(both), WASM, 7, 'jax-js'),
  atMost('layer_norm', SHAPES.map(forward), WASM, 0.9, 'PyTorch'),
  atMost('layer_norm', [forward('4096×1024')], WASM, 1.9, 'memcpy'),
  atLeast('rms_norm', [both('512×768')], WASM, 10, 'PyTorch'),
  atLeast('rms_norm', [both('512×768')], WASM, 10, 'TensorFlow.js'),
  atLeast('rms_norm', [both('512×768')], WASM, 5, 'jax-js'),
  atMost('batch_norm', SHAPES.map(both), WASM, 0.6, 'PyTorch'),
  atLeast('batch_norm', SHAPES.map(both), WASM, 25, 'TensorFlow.js'),
  atLeast('matmul', PRODUCTS, WASM, 1.25, 'TensorFlow.js'),
  atLeast('matmul', PRODUCTS, RELAXED, 1.7, 'TensorFlow.js'),
  atLeast('matmul', ['256×256×256'], JS, 4, 'ndarray-gemm'),
  atLeast('matmul', PRODUCTS, RELAXED, 1.25, WASM),
  ...ofSteps,
  atLeast('mlp', titlesOf('mlp'), WASM, 14, 'TensorFlow.js'),
  atLeast('mlp', titlesOf('mlp'), JS, 1.5, 'TensorFlow.js'),
];

/**
 * The result of a gate in the groups of a run: the ratio of every measured task, and whether all are within the limit.
 */
export function judged({ kind, titles, of, most, least, beside }, groups) {
  const tasks = groups.flatMap(({ tasks }) => tasks);
  const ratios = titles.flatMap((title) => {
    const times = tasks.find((task) => task.kind === kind && task.title === title)?.times;
    if (!times?.[of] || !times[beside]) return [];
    const ratio = times[of].median / times[beside].median;
    return [{ title, ratio: most === undefined ? 1 / ratio : ratio }];
  });
  const fits = ({ ratio }) => (most === undefined ? ratio >= least : ratio <= most);
  return { ratios, measured: ratios.length, met: ratios.every(fits) };
}

/**
 * Limits that are not ratios of tasks: nanoseconds per op on the tape, the start, the modules, the norms, loops outside of a
 * scope, and a small op of a step.
 */
export const LIMITS = { tape: 600, start: 30, gzip: 25_000, unscoped: 1.3, op: 3 };

/**
 * The norms that take longer than their limit times layer_norm, forward and backward, at this width, and the one nearest to its
 * limit or farthest beyond it; undefined if the width was not measured.
 */
export function beyondLimits({ widths, norms }, width) {
  const at = widths.indexOf(width);
  if (at < 0) return undefined;
  const time = ({ both }) => both[at].ratio;
  const base = time(norms.find(({ type }) => type === 'layer_norm'));
  const ordered = norms
    .map((norm) => ({ type: norm.type, limit: norm.limit, times: time(norm) / base }))
    .sort((a, b) => b.times / b.limit - a.times / a.limit);
  const over = ordered.filter(({ times, limit }) => times > limit);
  return { met: over.length === 0, named: over.length === 0 ? ordered.slice(0, 1) : over };
}
