import { binary, reduce, reshape, select } from './builder.js';
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
  left,
  mul,
  numbersIn,
  power,
  sqrt,
  square,
  sub,
} from './step.js';

// The steps of optimizers that keep squares of gradients, as src/optim states them over arrays.

/** The running means of g and g². */
function moments(given: Given, gradient: Node, { beta1, beta2 }: Record<'beta1' | 'beta2', number>) {
  return {
    mean: blend(given.memory('mean'), gradient, beta1),
    square: blend(given.memory('square'), square(gradient), beta2),
  };
}

/** w − η ĉ m / (√v + ε) with m and v as running means of g and g², and ĉ = √(1 − β₂ᵗ) / (1 − β₁ᵗ). */
export function adam(given: Given, options: Options, isDecoupled: boolean): Stepped {
  const { beta1, beta2, epsilon, weightDecay } = numbersIn(
    options,
    'beta1',
    'beta2',
    'epsilon',
    'weightDecay',
  );
  const { value, gradient } = decayed(given, weightDecay, isDecoupled);
  const { mean, square: v } = moments(given, gradient, { beta1, beta2 });
  const correction = sqrt(left(given, beta2));
  const rate = div(mul(given.rate, correction), left(given, beta1));
  const least = isKeras(options) ? epsilon : mul(epsilon, correction);
  const isGrowing = options['amsgrad'] === true;
  const used = isGrowing ? binary('maximum', given.memory('largest_square'), v) : v;
  return {
    value: sub(value, div(mul(rate, mean), add(sqrt(used), least))),
    memory: { mean, square: v, ...(isGrowing && { largest_square: used }) },
  };
}

/** g / √(s + ε), or with PyTorch g / (√s + ε). */
const scaledBy = (g: Node, s: Node, epsilon: number, keras: boolean): Node =>
  div(g, keras ? sqrt(add(s, epsilon)) : add(sqrt(s), epsilon));

/** w − η g / √(s + ε) with the running mean s of g²; centered, less the square of that of g. */
export function rmsprop(given: Given, options: Options): Stepped {
  const keras = isKeras(options);
  const { rho, momentum, epsilon, weightDecay } = numbersIn(
    options,
    'rho',
    'momentum',
    'epsilon',
    'weightDecay',
  );
  const { value, gradient } = decayed(given, weightDecay, keras);
  const s = blend(given.memory('square'), square(gradient), rho);
  const isCentered = options['centered'] === true;
  const mean = isCentered ? add(mul(rho, given.memory('mean')), mul(1 - rho, gradient)) : undefined;
  // Only rounding makes the difference negative.
  const variance = mean ? binary('maximum', sub(s, square(mean)), 0) : s;
  const push = scaledBy(keras ? mul(given.rate, gradient) : gradient, variance, epsilon, keras);
  const move = momentum > 0 ? add(push, mul(momentum, given.memory('velocity'))) : push;
  return {
    value: sub(value, keras ? move : mul(given.rate, move)),
    memory: { square: s, ...(mean && { mean }), ...(momentum > 0 && { velocity: move }) },
  };
}

/** w − η g / √(s + ε) with the sum s of all g². */
export function adagrad(given: Given, options: Options): Stepped {
  const keras = isKeras(options);
  const { rateDecay, epsilon, weightDecay } = numbersIn(options, 'rateDecay', 'epsilon', 'weightDecay');
  const { value, gradient } = decayed(given, weightDecay, keras);
  const sum = add(given.memory('sum'), square(gradient));
  const rate = rateDecay === 0 ? given.rate : div(given.rate, add(1, mul(rateDecay, sub(given.steps(), 1))));
  return { value: sub(value, scaledBy(mul(rate, gradient), sum, epsilon, keras)), memory: { sum } };
}

/** w − η (μₜ₊₁ m / (1 − μ₁…μₜ₊₁) + (1 − μₜ) g / (1 − μ₁…μₜ)) / (√v̂ + ε) with μₜ = β₁ (1 − 0.96^(tψ) / 2). */
export function nadam(given: Given, options: Options): Stepped {
  const { beta1, beta2, epsilon, momentumDecay, weightDecay } = numbersIn(
    options,
    'beta1',
    'beta2',
    'epsilon',
    'momentumDecay',
    'weightDecay',
  );
  const { value, gradient } = decayed(given, weightDecay, isKeras(options));
  const { mean, square: v } = moments(given, gradient, { beta1, beta2 });
  const at = (step: Node): Node => mul(beta1, sub(1, mul(0.5, power(0.96, mul(step, momentumDecay)))));
  const [now, ahead] = [at(given.steps()), at(add(given.steps(), 1))];
  const factor = (step: number): number => beta1 * (1 - 0.5 * 0.96 ** (step * momentumDecay));
  const product = mul(
    given.product(`${beta1} ${momentumDecay}`, factor, (before) => mul(before, now)),
    now,
  );
  const ofMean = div(mul(given.rate, ahead), sub(1, mul(product, ahead)));
  const ofGradient = div(mul(given.rate, sub(1, now)), sub(1, product));
  const root = div(sqrt(v), sqrt(left(given, beta2)));
  const push = add(mul(ofMean, mean), mul(ofGradient, gradient));
  return { value: sub(value, div(push, add(root, epsilon))), memory: { mean, square: v } };
}

/** Up to this length of the mean of squares, its variance counts as unknown. */
const SHORT = 5;

/** Adam's step, rectified; w − η m̂ while the mean of squares has seen too few steps. */
export function radam(given: Given, options: Options): Stepped {
  const { beta1, beta2, epsilon, weightDecay } = numbersIn(
    options,
    'beta1',
    'beta2',
    'epsilon',
    'weightDecay',
  );
  const { value, gradient } = decayed(given, weightDecay, isKeras(options));
  const { mean, square: v } = moments(given, gradient, { beta1, beta2 });
  const remaining = left(given, beta2);
  const longest = 2 / (1 - beta2) - 1;
  const steps = given.steps();
  const length = sub(longest, div(mul(mul(2, steps), power(beta2, steps)), remaining));
  const pace = div(given.rate, left(given, beta1));
  const ratio = div(mul(sub(length, 4), sub(length, 2)), length);
  const shares = mul(ratio, longest / ((longest - 4) * (longest - 2)));
  const isLong = greater(length, SHORT);
  const rate = mul(pace, sqrt(mul(select(isLong, shares, 0), remaining)));
  const rectified = div(mul(rate, mean), add(sqrt(v), epsilon));
  return {
    value: sub(value, select(isLong, rectified, mul(pace, mean))),
    memory: { mean, square: v },
  };
}

/** A sum over all axes, of rank 0. */
const total = (x: Node): Node => reshape(reduce('sum', x, [...x.shape.keys()]), []);

/** w − η (‖w‖ / ‖r‖) r with r = m̂ / (√v̂ + ε) + λ w; the ratio is 1 where a length is 0. */
export function lamb(given: Given, options: Options): Stepped {
  const { beta1, beta2, epsilon, weightDecay } = numbersIn(
    options,
    'beta1',
    'beta2',
    'epsilon',
    'weightDecay',
  );
  const { value, gradient } = given;
  const { mean, square: v } = moments(given, gradient, { beta1, beta2 });
  const root = add(sqrt(div(v, left(given, beta2))), epsilon);
  const direction = add(div(div(mean, left(given, beta1)), root), mul(weightDecay, value));
  const [ofWeight, ofMove] = [value, direction].map((x) => sqrt(total(square(x)))) as [Node, Node];
  const ratio = select(greater(ofWeight, 0), select(greater(ofMove, 0), div(ofWeight, ofMove), 1), 1);
  return { value: sub(value, mul(mul(given.rate, ratio), direction)), memory: { mean, square: v } };
}
