import type { Groups, Numbers } from './numbers.js';
import { engine } from './choice.js';
import { type Engine, roomier } from './wasm/engine.js';
import { curve as plainCurve, curveBack as plainCurveBack } from './curves.js';
import * as plain from './elementwise.js';
import { gather as plainGather, scatterAdd as plainScatterAdd } from './gather.js';
import { matmul as plainMatmul } from './matmul.js';
import { extremeBack as plainExtremeBack } from './peak.js';
import { sumOfProducts as plainSumOfProducts } from './products.js';
import * as plainReduce from './reduce.js';
import * as plainSoftmax from './softmax.js';
import { squash as plainSquash, squashBack as plainSquashBack } from './squash.js';
import { adam as plainAdam, sgd as plainSgd } from './optimizer.js';
import { normalize as plainNormalize, normalizeBack as plainNormalizeBack } from './normalize.js';
import {
  type Name as Operation,
  binary as compiledBinary,
  clamp as compiledClamp,
  curve as compiledCurve,
  curveBack as compiledCurveBack,
  linear as compiledLinear,
  scale as compiledScale,
  square as compiledSquare,
} from './wasm/elementwise.js';
import { matmul as compiledMatmul } from './wasm/matmul.js';
import {
  dot as compiledDot,
  extremeBack as compiledExtremeBack,
  reduce as compiledReduce,
  within as compiledWithin,
} from './wasm/reduce.js';
import {
  crossEntropy as compiledCrossEntropy,
  logSumExp as compiledLogSumExp,
  softmax as compiledSoftmax,
  softmaxBack as compiledSoftmaxBack,
} from './wasm/softmax.js';
import { sumOfProducts as compiledSumOfProducts } from './wasm/products.js';
import { squash as compiledSquash, squashBack as compiledSquashBack } from './wasm/squash.js';
import { gather as compiledGather, scatterAdd as compiledScatterAdd } from './wasm/gather.js';
import { adam as compiledAdam, sgd as compiledSgd } from './wasm/optimizer.js';
import { normalize as compiledNormalize, normalizeBack as compiledNormalizeBack } from './wasm/normalize.js';
import * as unrolled from './unrolled/index.js';

// Where a kernel is there more than once, the first that does not decline runs: the compiled one, if those are chosen,
// the one that is written out for a dtype, and the loop that takes everything. A compiled one that finds no room for copies
// is asked again with a memory apart, since the others round otherwise.

/** What a compiled kernel gives; undefined where none is chosen, or it declines. */
function compiled<Y>(run: (on: Engine) => Y | undefined): Y | undefined {
  for (let on = engine(); on; on = roomier(on)) {
    const result = run(on);
    if (result !== undefined) return result;
  }
  return undefined;
}

/** out ← A · B; see the kernel in JavaScript. */
export const matmul: typeof plainMatmul = (m, k, n, a, b, out, at) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledMatmul(on, m, k, n, a, b, out, at)) return;
  if (!unrolled.matmul(m, k, n, a, b, out, at)) plainMatmul(m, k, n, a, b, out, at);
};

/** out ← γ x̂ + β; see the kernel in JavaScript. */
export const normalize: typeof plainNormalize = (task, out) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledNormalize(on, task, out)) return;
  if (!unrolled.normalize(task, out)) plainNormalize(task, out);
};

/** The way back; see the kernel in JavaScript. What one kernel measured, the other can go back from. */
export const normalizeBack: typeof plainNormalizeBack = (task, incoming, outgoing) => {
  for (let on = engine(); on; on = roomier(on))
    if (compiledNormalizeBack(on, task, incoming, outgoing)) return;
  if (!unrolled.normalizeBack(task, incoming, outgoing)) plainNormalizeBack(task, incoming, outgoing);
};

/** tanh(α x), and w tanh(α x) + b; see the kernel in JavaScript. */
export const squash: typeof plainSquash = (task, t, out) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledSquash(on, task, t, out)) return;
  plainSquash(task, t, out);
};

/** The way back, which gives the gradient of α; see the kernel in JavaScript. */
export const squashBack: typeof plainSquashBack = (...given) => {
  return compiled((on) => compiledSquashBack(on, ...given)) ?? plainSquashBack(...given);
};

const binary = (name: Operation): plain.Binary => {
  const kernel = compiledBinary(name);
  return (rows, columns, x, xs, y, ys, out, from) => {
    for (let on = engine(); on; on = roomier(on))
      if (kernel(on, rows, columns, x, xs, y, ys, out, from)) return;
    if (!unrolled.binary(name, rows, columns, x, xs, y, ys, out, from)) {
      plain[name](rows, columns, x, xs, y, ys, out, from);
    }
  };
};

export const add = binary('add');
export const sub = binary('sub');
export const mul = binary('mul');
export const div = binary('div');
export const maximum = binary('maximum');
export const minimum = binary('minimum');

/** out ← f(x); see the kernel in JavaScript. */
export const curve: typeof plainCurve = (name, x, out) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledCurve(on, name, x, out)) return;
  plainCurve(name, x, out);
};

/** out ← what comes back through f; see the kernel in JavaScript. */
export const curveBack: typeof plainCurveBack = (name, g, x, y, out) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledCurveBack(on, name, g, x, y, out)) return;
  plainCurveBack(name, g, x, y, out);
};

/** One step of Adam; see the kernel in JavaScript. */
export const adam: typeof plainAdam = (...step) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledAdam(on, ...step)) return;
  if (!unrolled.adam(...step)) plainAdam(...step);
};

/** One step of stochastic gradient descent; see the kernel in JavaScript. */
export const sgd: typeof plainSgd = (...step) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledSgd(on, ...step)) return;
  if (!unrolled.sgd(...step)) plainSgd(...step);
};

/** out ← factor · x; see the kernel in JavaScript. */
export const scale: typeof plain.scale = (x, out, factor) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledScale(on, x, out, factor)) return;
  if (!unrolled.scale(x, out, factor)) plain.scale(x, out, factor);
};

/** out ← factor · x + offset; see the kernel in JavaScript. */
export const linear: typeof plain.linear = (x, out, factor, offset) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledLinear(on, x, out, factor, offset)) return;
  plain.linear(x, out, factor, offset);
};

/** out ← x between two bounds; see the kernel in JavaScript. */
export const clamp: typeof plain.clamp = (x, out, from, to) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledClamp(on, x, out, from, to)) return;
  plain.clamp(x, out, from, to);
};

/** out ← x²; see the kernel in JavaScript. */
export const square: typeof plain.square = (x, out) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledSquare(on, x, out)) return;
  if (!unrolled.square(x, out)) plain.square(x, out);
};

const reduction =
  (name: 'sum' | 'max' | 'min'): plainReduce.Reduction =>
  (x, groups) => {
    return (
      compiled((on) => compiledReduce(on, name, x, groups)) ??
      unrolled.reduce(name, x, groups) ??
      plainReduce[name](x, groups)
    );
  };

export const sum = reduction('sum');
export const max = reduction('max');
export const min = reduction('min');

/** The way back through an extreme; see the kernel in JavaScript. */
export const extremeBack: typeof plainExtremeBack = (x, extreme, gradient, out, groups) => {
  for (let on = engine(); on; on = roomier(on))
    if (compiledExtremeBack(on, x, extreme, gradient, out, groups)) return;
  plainExtremeBack(x, extreme, gradient, out, groups);
};

/** a ⊙ s + b ⊙ t; see the kernel in JavaScript. */
export const sumOfProducts: typeof plainSumOfProducts = (a, s, b, t, out, groups) => {
  for (let on = engine(); on; on = roomier(on))
    if (compiledSumOfProducts(on, a, s, b, t, out, groups)) return;
  plainSumOfProducts(a, s, b, t, out, groups);
};

/** Σ x y; see the kernel in JavaScript. */
export const dot: typeof plainReduce.dot = (x, y) => {
  return compiled((on) => compiledDot(on, x, y)) ?? unrolled.dot(x, y) ?? plainReduce.dot(x, y);
};

/** Whether no |x| is above the limit, or NaN; see the kernel in JavaScript. */
export const within: typeof plainReduce.within = (x, limit) => {
  return compiled((on) => compiledWithin(on, x, limit)) ?? plainReduce.within(x, limit);
};

const normalizer =
  (name: 'softmax' | 'logSoftmax') =>
  (x: Numbers, out: Numbers, groups: Groups): void => {
    for (let on = engine(); on; on = roomier(on)) if (compiledSoftmax(on, name, x, out, groups)) return;
    const largest = max(x, groups);
    if (!unrolled.softmax(name, x, out, largest, groups)) plainSoftmax[name](x, out, largest, groups);
  };

/** out ← eˣ / Σ eˣ of every group; see the kernel in JavaScript. */
export const softmax = normalizer('softmax');

/** out ← ln softmax of every group; see the kernel in JavaScript. */
export const logSoftmax = normalizer('logSoftmax');

/** The way back through either; see the kernels in JavaScript. */
export const softmaxBack = (
  name: 'softmax' | 'logSoftmax',
  gradient: Numbers,
  y: Numbers,
  out: Numbers,
  groups: Groups,
): void => {
  for (let on = engine(); on; on = roomier(on))
    if (compiledSoftmaxBack(on, name, gradient, y, out, groups)) return;
  if (!unrolled.softmaxBack(name, gradient, y, out, groups)) {
    plainSoftmax[`${name}Back`](gradient, y, out, groups);
  }
};

/** ln Σ eˣ of every group; see the kernel in JavaScript. */
export const logSumExp = (x: Numbers, groups: Groups): Float64Array => {
  return (
    compiled((on) => compiledLogSumExp(on, x, groups)) ?? plainSoftmax.logSumExp(x, max(x, groups), groups)
  );
};

/** The cross-entropy of rows and labels, and its gradient; see the kernel in JavaScript. */
export const crossEntropy: typeof plainSoftmax.crossEntropy = (...given) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledCrossEntropy(on, ...given)) return;
  plainSoftmax.crossEntropy(...given);
};

/** Blocks picked along an axis; see the kernel in JavaScript. */
export const gather: typeof plainGather = (...given) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledGather(on, ...given)) return;
  plainGather(...given);
};

/** Blocks put back where they were picked; see the kernel in JavaScript. */
export const scatterAdd: typeof plainScatterAdd = (...given) => {
  for (let on = engine(); on; on = roomier(on)) if (compiledScatterAdd(on, ...given)) return;
  plainScatterAdd(...given);
};
