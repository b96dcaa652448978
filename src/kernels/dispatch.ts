import type { Groups, Numbers } from './numbers.js';
import { engine } from './choice.js';
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
// the one that is written out for a dtype, and the loop that takes everything.

/** out ← A · B; see the kernel in JavaScript. */
export const matmul: typeof plainMatmul = (m, k, n, a, b, out, at) => {
  const chosen = engine();
  if (chosen && compiledMatmul(chosen, m, k, n, a, b, out, at)) return;
  if (!unrolled.matmul(m, k, n, a, b, out, at)) plainMatmul(m, k, n, a, b, out, at);
};

/** out ← γ x̂ + β; see the kernel in JavaScript. */
export const normalize: typeof plainNormalize = (task, out) => {
  const chosen = engine();
  if (chosen && compiledNormalize(chosen, task, out)) return;
  if (!unrolled.normalize(task, out)) plainNormalize(task, out);
};

/** The way back; see the kernel in JavaScript. What one kernel measured, the other can go back from. */
export const normalizeBack: typeof plainNormalizeBack = (task, incoming, outgoing) => {
  const chosen = engine();
  if (chosen && compiledNormalizeBack(chosen, task, incoming, outgoing)) return;
  if (!unrolled.normalizeBack(task, incoming, outgoing)) plainNormalizeBack(task, incoming, outgoing);
};

/** tanh(α x), and w tanh(α x) + b; see the kernel in JavaScript. */
export const squash: typeof plainSquash = (task, t, out) => {
  const chosen = engine();
  if (!chosen || !compiledSquash(chosen, task, t, out)) plainSquash(task, t, out);
};

/** The way back, which gives the gradient of α; see the kernel in JavaScript. */
export const squashBack: typeof plainSquashBack = (...given) => {
  const chosen = engine();
  return (chosen && compiledSquashBack(chosen, ...given)) ?? plainSquashBack(...given);
};

const binary = (name: Operation): plain.Binary => {
  const compiled = compiledBinary(name);
  return (rows, columns, x, xs, y, ys, out, from) => {
    const chosen = engine();
    if (chosen && compiled(chosen, rows, columns, x, xs, y, ys, out, from)) return;
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
  const chosen = engine();
  if (!chosen || !compiledCurve(chosen, name, x, out)) plainCurve(name, x, out);
};

/** out ← what comes back through f; see the kernel in JavaScript. */
export const curveBack: typeof plainCurveBack = (name, g, x, y, out) => {
  const chosen = engine();
  if (!chosen || !compiledCurveBack(chosen, name, g, x, y, out)) plainCurveBack(name, g, x, y, out);
};

/** One step of Adam; see the kernel in JavaScript. */
export const adam: typeof plainAdam = (...step) => {
  const chosen = engine();
  if (chosen && compiledAdam(chosen, ...step)) return;
  if (!unrolled.adam(...step)) plainAdam(...step);
};

/** One step of stochastic gradient descent; see the kernel in JavaScript. */
export const sgd: typeof plainSgd = (...step) => {
  const chosen = engine();
  if (chosen && compiledSgd(chosen, ...step)) return;
  if (!unrolled.sgd(...step)) plainSgd(...step);
};

/** out ← factor · x; see the kernel in JavaScript. */
export const scale: typeof plain.scale = (x, out, factor) => {
  const chosen = engine();
  if (chosen && compiledScale(chosen, x, out, factor)) return;
  if (!unrolled.scale(x, out, factor)) plain.scale(x, out, factor);
};

/** out ← factor · x + offset; see the kernel in JavaScript. */
export const linear: typeof plain.linear = (x, out, factor, offset) => {
  const chosen = engine();
  if (!chosen || !compiledLinear(chosen, x, out, factor, offset)) plain.linear(x, out, factor, offset);
};

/** out ← x between two bounds; see the kernel in JavaScript. */
export const clamp: typeof plain.clamp = (x, out, from, to) => {
  const chosen = engine();
  if (!chosen || !compiledClamp(chosen, x, out, from, to)) plain.clamp(x, out, from, to);
};

/** out ← x²; see the kernel in JavaScript. */
export const square: typeof plain.square = (x, out) => {
  const chosen = engine();
  if (chosen && compiledSquare(chosen, x, out)) return;
  if (!unrolled.square(x, out)) plain.square(x, out);
};

const reduction =
  (name: 'sum' | 'max' | 'min'): plainReduce.Reduction =>
  (x, groups) => {
    const chosen = engine();
    const compiled = chosen && compiledReduce(chosen, name, x, groups);
    return compiled ?? unrolled.reduce(name, x, groups) ?? plainReduce[name](x, groups);
  };

export const sum = reduction('sum');
export const max = reduction('max');
export const min = reduction('min');

/** The way back through an extreme; see the kernel in JavaScript. */
export const extremeBack: typeof plainExtremeBack = (x, extreme, gradient, out, groups) => {
  const chosen = engine();
  if (chosen && compiledExtremeBack(chosen, x, extreme, gradient, out, groups)) return;
  plainExtremeBack(x, extreme, gradient, out, groups);
};

/** a ⊙ s + b ⊙ t; see the kernel in JavaScript. */
export const sumOfProducts: typeof plainSumOfProducts = (a, s, b, t, out, groups) => {
  const chosen = engine();
  if (chosen && compiledSumOfProducts(chosen, a, s, b, t, out, groups)) return;
  plainSumOfProducts(a, s, b, t, out, groups);
};

/** Σ x y; see the kernel in JavaScript. */
export const dot: typeof plainReduce.dot = (x, y) => {
  const chosen = engine();
  return (chosen && compiledDot(chosen, x, y)) ?? unrolled.dot(x, y) ?? plainReduce.dot(x, y);
};

/** Whether no |x| is above the limit, or NaN; see the kernel in JavaScript. */
export const within: typeof plainReduce.within = (x, limit) => {
  const chosen = engine();
  return (chosen && compiledWithin(chosen, x, limit)) ?? plainReduce.within(x, limit);
};

const normalizer =
  (name: 'softmax' | 'logSoftmax') =>
  (x: Numbers, out: Numbers, groups: Groups): void => {
    const chosen = engine();
    if (chosen && compiledSoftmax(chosen, name, x, out, groups)) return;
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
  const chosen = engine();
  if (chosen && compiledSoftmaxBack(chosen, name, gradient, y, out, groups)) return;
  if (!unrolled.softmaxBack(name, gradient, y, out, groups)) {
    plainSoftmax[`${name}Back`](gradient, y, out, groups);
  }
};

/** ln Σ eˣ of every group; see the kernel in JavaScript. */
export const logSumExp = (x: Numbers, groups: Groups): Float64Array => {
  const chosen = engine();
  return (
    (chosen && compiledLogSumExp(chosen, x, groups)) ?? plainSoftmax.logSumExp(x, max(x, groups), groups)
  );
};

/** The cross-entropy of rows and labels, and its gradient; see the kernel in JavaScript. */
export const crossEntropy: typeof plainSoftmax.crossEntropy = (...given) => {
  const chosen = engine();
  if (!chosen || !compiledCrossEntropy(chosen, ...given)) plainSoftmax.crossEntropy(...given);
};

/** Blocks picked along an axis; see the kernel in JavaScript. */
export const gather: typeof plainGather = (...given) => {
  const chosen = engine();
  if (!chosen || !compiledGather(chosen, ...given)) plainGather(...given);
};

/** Blocks put back where they were picked; see the kernel in JavaScript. */
export const scatterAdd: typeof plainScatterAdd = (...given) => {
  const chosen = engine();
  if (!chosen || !compiledScatterAdd(chosen, ...given)) plainScatterAdd(...given);
};
