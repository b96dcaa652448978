import { Adagrad } from '../../optim/adagrad.js';
import { Adam, AdamW } from '../../optim/adam.js';
import { LAMB } from '../../optim/lamb.js';
import { Lion } from '../../optim/lion.js';
import { Muon } from '../../optim/muon.js';
import { NAdam } from '../../optim/nadam.js';
import { RAdam } from '../../optim/radam.js';
import { RMSprop } from '../../optim/rmsprop.js';
import { SGD } from '../../optim/sgd.js';
import { adagrad, adam, lamb, nadam, radam, rmsprop } from './adaptive.js';
import { matmul, reduce, reshape, select, swapped, unary } from './builder.js';
import type { Node } from './node.js';
import {
  type Given,
  type Options,
  type Stepped,
  add,
  blend,
  decayed,
  div,
  greater,
  isKeras,
  mul,
  numbersIn,
  sqrt,
  square,
  sub,
} from './step.js';

// The steps of all optimizers, as src/optim states them over arrays.

/** w − η g; with momentum v ← μ v + η g, then w − v, or with Nesterov w − (η g + μ v). PyTorch keeps η out of v. */
function sgd(given: Given, options: Options): Stepped {
  const keras = isKeras(options);
  const { momentum, weightDecay } = numbersIn(options, 'momentum', 'weightDecay');
  const { value, gradient } = decayed(given, weightDecay, keras);
  const push = keras ? mul(given.rate, gradient) : gradient;
  const out = (move: Node): Node => sub(value, keras ? move : mul(given.rate, move));
  if (momentum === 0) return { value: out(push), memory: {} };
  const velocity = add(mul(momentum, given.memory('velocity')), push);
  const move = options['nesterov'] === true ? add(push, mul(momentum, velocity)) : velocity;
  return { value: out(move), memory: { velocity } };
}

const sign = (x: Node): Node => sub(greater(x, 0), greater(0, x));

/** w − η (sign(β₁ m + (1 − β₁) g) + λ w), and then m ← β₂ m + (1 − β₂) g. */
function lion(given: Given, options: Options): Stepped {
  const { beta1, beta2, weightDecay } = numbersIn(options, 'beta1', 'beta2', 'weightDecay');
  const { value } = decayed(given, weightDecay, true);
  const before = given.memory('mean');
  const move = mul(given.rate, sign(blend(before, given.gradient, beta1)));
  return { value: sub(value, move), memory: { mean: blend(before, given.gradient, beta2) } };
}

/** The polynomial of Newton and Schulz, as in src/optim/orthogonalize.ts. */
const [A, B, C] = [3.4445, -4.775, 2.0315];

/** A matrix with the same singular vectors, and singular values near 1. */
function orthogonal(matrix: Node, iterations: number): Node {
  const orOne = (x: Node): Node => select(greater(x, 0), x, 1);
  const unit = reduce('max', unary('abs', matrix), [0, 1]);
  const bounded = div(matrix, orOne(unit));
  const isTall = matrix.shape[0]! > matrix.shape[1]!;
  const length = orOne(sqrt(reduce('sum', square(bounded), [0, 1])));
  let x = div(isTall ? swapped(bounded) : bounded, length);
  for (let i = 0; i < iterations; i++) {
    const product = matmul(x, swapped(x));
    const polynomial = add(mul(product, B), mul(matmul(product, product), C));
    x = add(mul(x, A), matmul(polynomial, x));
  }
  return isTall ? swapped(x) : x;
}

/** v ← μ v + g and w − η √max(1, n / m) O(g + μ v) for matrices; AdamW for the rest. */
function muon(given: Given, options: Options): Stepped {
  const { momentum, iterations, weightDecay, adamRate } = numbersIn(
    options,
    'momentum',
    'iterations',
    'weightDecay',
    'adamRate',
  );
  if (!given.slots.includes('velocity')) {
    const own = { ...options, convention: 'pytorch' };
    return adam({ ...given, rate: mul(given.rate, adamRate) }, own, true);
  }
  const { shape } = given.value;
  const velocity = add(mul(momentum, given.memory('velocity')), given.gradient);
  const push = options['nesterov'] === true ? add(given.gradient, mul(momentum, velocity)) : velocity;
  const columns = shape.at(-1)!;
  const rows = shape.slice(0, -1).reduce((size, n) => size * n, 1);
  const move = reshape(orthogonal(reshape(push, [rows, columns]), iterations), shape);
  const stride = mul(given.rate, Math.sqrt(Math.max(1, columns / rows)));
  const { value } = decayed(given, weightDecay, true);
  return { value: sub(value, mul(move, stride)), memory: { velocity } };
}

/** How an optimizer steps in a graph. */
export interface Method {
  readonly made: abstract new (...given: never[]) => object;
  step(given: Given, options: Options): Stepped;
}

/** Every optimizer of the package. */
export const METHODS: readonly Method[] = [
  { made: SGD, step: sgd },
  { made: AdamW, step: (given, options) => adam(given, options, true) },
  { made: Adam, step: (given, options) => adam(given, options, isKeras(options)) },
  { made: RMSprop, step: rmsprop },
  { made: Adagrad, step: adagrad },
  { made: NAdam, step: nadam },
  { made: RAdam, step: radam },
  { made: Lion, step: lion },
  { made: LAMB, step: lamb },
  { made: Muon, step: muon },
];
