import { across, onto } from '../../array/index.js';
import type { Algebra, Named, PulledBack, Setting } from '../algebra.js';
import { learned, square } from '../formula.js';
import { allButFeatures } from './axes.js';

// power_norm over any algebra. Statistics and a mask are arrays, so a condition is a factor of 0 or 1.

interface Options {
  readonly axis: number;
  readonly epsilon: number;
  readonly momentum: number;
  readonly gradientMomentum: number;
  readonly warmup: number;
}

type State = 'moving_square' | 'gradient_mean' | 'steps';

/** x̂ and N of one call in training, and what they are made of. */
function poweredUnit<T>(math: Algebra<T>, x: T, options: Options, { state, mask }: Setting<T, State>) {
  const { axis, epsilon, warmup } = options;
  const shape = math.shape(x);
  const over = allButFeatures(shape, axis);
  const running = math.reshape(state.moving_square, onto(shape, axis));
  /** 1 in a call of the warm-up. */
  const warm = warmup > 0 ? math.positive(math.sub(warmup, state.steps)) : undefined;
  const weight = mask && math.reshape(mask, across(shape, axis));
  const count = weight ? math.maximum(math.sum(weight, over), 1) : math.count(x, over);
  /** 1 if any position counts. */
  const some = weight && math.reshape(math.positive(math.sum(weight, [...shape.keys()])), []);
  const mean = (a: T): T =>
    weight ? math.div(math.sum(math.mul(weight, a), over), count) : math.mean(a, over);
  const squares = mean(square(math, x));
  const used = warm ? math.add(math.mul(warm, squares), math.mul(math.sub(1, warm), running)) : running;
  const length = math.name('N', math.sqrt(math.add(used, epsilon)));
  /** 0 in a call of the warm-up in which nothing counts. */
  const live = warm && some ? math.sub(1, math.mul(warm, math.sub(1, some))) : undefined;
  const alive = (a: T): T => (live ? math.mul(live, a) : a);
  const unit = math.name('x̂', alive(math.div(x, length)));
  /** A share, or 0 if nothing counts. */
  const ifSome = (share: T | number): T | number => (some ? math.mul(some, share) : share);
  return { unit, length, squares, mean, warm, weight, count, over, alive, ifSome };
}

/** The norm as its paper writes it; a warm-up averages over its batches. */
export function poweredFormula<T>(
  math: Algebra<T>,
  x: T,
  { gamma, beta }: Named<T, 'gamma' | 'beta'>,
  options: Options,
  setting: Setting<T, State>,
) {
  const { axis, epsilon, momentum } = options;
  const { training, state } = setting;
  if (!training) {
    const running = math.reshape(state.moving_square, onto(math.shape(x), axis));
    const length = math.name('N', math.sqrt(math.add(running, epsilon)));
    return { outputs: [learned(math, math.name('x̂', math.div(x, length)), axis, gamma, beta)] };
  }
  const { unit, squares, warm, ifSome } = poweredUnit(math, x, options, setting);
  const outputs = [learned(math, unit, axis, gamma, beta)];
  const now = math.reshape(squares, math.shape(state.moving_square));
  const towards = (kept: T | number, share: T | number) =>
    math.add(math.mul(kept, state.moving_square), math.mul(share, now));
  if (!warm && !setting.mask)
    return { outputs, state: { moving_square: towards(momentum, math.sub(1, momentum)) } };
  const share = warm
    ? math.add(math.div(warm, math.add(state.steps, 1)), math.mul(math.sub(1, warm), math.sub(1, momentum)))
    : math.sub(1, momentum);
  const own = ifSome(share);
  return {
    outputs,
    state: {
      moving_square: towards(math.sub(1, own), own),
      ...(warm && { steps: math.add(state.steps, ifSome(warm)) }),
    },
  };
}

/**
 * The backward pass: dx = (h − ν x̂) / N for h = γ dy, and ν moves by Λ − ν Γ times 1 − m, with Λ = mean(h x̂) and
 * Γ = mean(x̂²). In a warm-up dx = (h − Λ x̂) / N, which is the slope.
 */
export function poweredGradient<T>(
  math: Algebra<T>,
  x: T,
  { gamma, beta }: Named<T, 'gamma' | 'beta'>,
  options: Options,
  setting: Setting<T, State> & { readonly gradients: readonly T[] },
): PulledBack<T, State> {
  const { axis, gradientMomentum } = options;
  const { state, gradients } = setting;
  const { unit, length, mean, warm, weight, count, over, alive, ifSome } = poweredUnit(
    math,
    x,
    options,
    setting,
  );
  const laid = (a: T) => math.reshape(a, onto(math.shape(x), axis));
  const dy = gradients[0]!;
  const h = gamma === undefined ? dy : math.mul(laid(gamma), dy);
  // Positions that do not count use N in a warm-up too, so Λ sums over all.
  const along = math.div(math.sum(math.mul(h, unit), over), count);
  const nu = laid(state.gradient_mean);
  const taken = warm ? math.add(math.mul(warm, along), math.mul(math.sub(1, warm), nu)) : nu;
  const drag = math.mul(taken, unit);
  const share = ifSome(math.sub(1, gradientMomentum));
  const step = math.sub(along, math.mul(nu, mean(square(math, unit))));
  const perFeature = (a: T, like: T) => math.reshape(math.sum(a, over), math.shape(like));
  return {
    x: math.div(alive(math.sub(h, weight ? math.mul(weight, drag) : drag)), length),
    parameters: {
      gamma: gamma && perFeature(math.mul(dy, unit), gamma),
      beta: beta && perFeature(dy, beta),
    },
    state: {
      gradient_mean: math.reshape(math.add(nu, math.mul(share, step)), math.shape(state.gradient_mean)),
    },
  };
}
