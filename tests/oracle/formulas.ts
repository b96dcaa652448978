import { type Axes, type Shape, across, onto, positiveAxes, without } from '../../src/array/index.js';
import type { NormalizationType } from '../../src/index.js';
import type { OptionsOf } from '../../src/norms/norm.js';
import type { norms } from '../../src/norms/normalizations.js';
import type { Algebra } from './algebra.js';

type Named<T> = Readonly<Record<string, T>>;

/** What a formula is applied in: whether in training, with which running statistics, with which positions masked. */
export interface Setting<T> {
  readonly training: boolean;
  readonly state: Named<T>;
  readonly mask?: T | undefined;
}

export interface Computed<T> {
  readonly outputs: readonly T[];
  /** The running statistics from now on, where they move. */
  readonly state?: Named<T>;
}

/** A norm as its paper writes it, one operation after the other. */
export type Formula<O> = <T>(
  math: Algebra<T>,
  x: T,
  weights: Named<T>,
  options: O,
  setting: Setting<T>,
) => Computed<T>;

type Formulas = { readonly [K in NormalizationType]: Formula<OptionsOf<(typeof norms)[K]>> };

/** x ⊙ gain + shift, either left out, both laid onto the axes they were learned along. */
function learned<T>(math: Algebra<T>, x: T, axes: Axes, gain: T | undefined, shift: T | undefined): T {
  const shape = onto(math.shape(x), axes);
  const grown = gain === undefined ? x : math.mul(x, math.reshape(gain, shape));
  return shift === undefined ? grown : math.add(grown, math.reshape(shift, shape));
}

const square = <T>(math: Algebra<T>, x: T): T => math.mul(x, x);

const sigmoid = <T>(math: Algebra<T>, x: T): T => math.div(1, math.add(math.exp(math.mul(x, -1)), 1));

/** 1 − α + α σ(z). */
const within = <T>(math: Algebra<T>, z: T, width: number): T =>
  math.add(math.mul(sigmoid(math, z), width), 1 - width);

/** max(√(mean(x²) + ε), ε). */
const clampedLength = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.maximum(math.sqrt(math.add(math.mean(square(math, x), axes), epsilon)), epsilon);

/** √(Σ x² + ε). */
const addedLength = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.sqrt(math.add(math.sum(square(math, x), axes), epsilon));

/** √max(Σ x², ε). */
const flooredLength = <T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T =>
  math.sqrt(math.maximum(math.sum(square(math, x), axes), epsilon));

/** (x − mean) / √(var + ε). */
function standard<T>(math: Algebra<T>, x: T, axes: Axes, epsilon: number): T {
  const centered = math.sub(x, math.mean(x, axes));
  return math.div(centered, math.sqrt(math.add(math.variance(x, axes), epsilon)));
}

/** What keeps the weight of a batch without positions above 0. */
const FUZZ = 1e-7;

/** μ = Σwx / W and v = Σw(x − μ)² / W with W = Σw + 1e-7, or both over all positions. */
function moments<T>(
  math: Algebra<T>,
  x: T,
  axes: Axes,
  weight: T | undefined,
): { readonly mean: T; readonly variance: T } {
  if (weight === undefined) return { mean: math.mean(x, axes), variance: math.variance(x, axes) };
  const everywhere = math.add(math.mul(x, 0), weight);
  const total = math.add(math.sum(everywhere, axes), FUZZ);
  const mean = math.div(math.sum(math.mul(x, everywhere), axes), total);
  const apart = square(math, math.sub(x, mean));
  return { mean, variance: math.div(math.sum(math.mul(apart, everywhere), axes), total) };
}

interface Scores<T> {
  readonly cosine: T;
  readonly length: T;
  drop(x: T): T;
}

/** The largest cosine and the length, with the axis at size 1, and what takes that axis away. */
function scores<T>(math: Algebra<T>, x: T, axis: number, epsilon: number): Scores<T> {
  const length = addedLength(math, x, axis, epsilon);
  return {
    cosine: math.max(math.div(x, length), axis),
    length,
    drop: (kept) => math.reshape(kept, without(math.shape(x), axis)),
  };
}

const all = (shape: Shape, from: number, to: number): number[] =>
  shape.map((_, axis) => axis).slice(from, to);

/** One formula a type; a type of the catalog without one does not compile. */
export const formulas: Formulas = {
  layer_norm: (math, x, { gamma, beta }, { axis, epsilon }) => ({
    outputs: [learned(math, standard(math, x, axis, epsilon), axis, gamma, beta)],
  }),

  batch_norm(math, x, { gamma, beta }, { axis, epsilon, momentum }, { training, state, mask }) {
    const shape = math.shape(x);
    const others = all(shape, 0, shape.length).filter((a) => !positiveAxes(axis, shape.length).includes(a));
    const weight = mask && math.reshape(mask, across(shape, axis));
    const { moving_mean, moving_variance } = state;
    const now = training
      ? moments(math, x, others, weight)
      : {
          mean: math.reshape(moving_mean!, onto(shape, axis)),
          variance: math.reshape(moving_variance!, onto(shape, axis)),
        };
    const unit = math.div(math.sub(x, now.mean), math.sqrt(math.add(now.variance, epsilon)));
    const outputs = [learned(math, unit, axis, gamma, beta)];
    if (!training) return { outputs };
    const blend = (running: typeof x, taken: typeof x) =>
      math.add(math.mul(running, momentum), math.mul(math.reshape(taken, math.shape(running)), 1 - momentum));
    return {
      outputs,
      state: {
        moving_mean: blend(moving_mean!, now.mean),
        moving_variance: blend(moving_variance!, now.variance),
      },
    };
  },

  group_norm(math, x, { gamma, beta }, { axis, groups, epsilon }) {
    const shape = math.shape(x);
    const [at] = positiveAxes(axis, shape.length);
    const parted = [...shape.slice(0, at), groups, shape[at!]! / groups, ...shape.slice(at! + 1)];
    const shared = all(parted, 1, parted.length).filter((a) => a !== at);
    const unit = math.reshape(standard(math, math.reshape(x, parted), shared, epsilon), shape);
    return { outputs: [learned(math, unit, axis, gamma, beta)] };
  },

  rms_norm(math, x, { scale }, { axis, epsilon }) {
    const length = math.sqrt(math.add(math.mean(square(math, x), axis), epsilon));
    return { outputs: [learned(math, math.div(x, length), axis, scale, undefined)] };
  },

  zero_centered_rms_norm: (math, x, { scale }, { axis, epsilon }) => ({
    outputs: [learned(math, standard(math, x, axis, epsilon), axis, scale, undefined)],
  }),

  band_rms(math, x, { band_param }, { axis, epsilon, maxBandWidth }) {
    const unit = math.div(x, clampedLength(math, x, axis, epsilon));
    return { outputs: [math.mul(unit, within(math, math.mul(band_param!, 5), maxBandWidth))] };
  },

  adaptive_band_rms(math, x, { kernel, bias }, { axis, epsilon, maxBandWidth }) {
    const shape = math.shape(x);
    const axes = positiveAxes(axis, shape.length);
    const whole = shape.length > 2 && axes.length === shape.length - 1;
    const length = clampedLength(math, x, axis, epsilon);
    const size = math.reshape(math.mean(length, all(shape, 1, shape.length)), [shape[0]!, 1]);
    const z = math.add(math.mul(math.log(size), kernel!), bias!);
    const layout = shape.map((n, a) => (a === 0 || (axes.includes(a) && !whole) ? n : 1));
    const s = math.reshape(within(math, math.mul(z, 5), maxBandWidth), layout);
    return { outputs: [math.mul(math.div(x, length), s)] };
  },

  band_logit_norm(math, x, { gamma, beta }, { axis, epsilon, maxBandWidth }) {
    const length = flooredLength(math, x, axis, epsilon);
    const zeta = learned(math, standard(math, length, -1, epsilon), -1, gamma, beta);
    const s = math.add(
      math.mul(math.add(math.tanh(math.mul(zeta, 4)), 1), maxBandWidth / 2),
      1 - maxBandWidth,
    );
    return { outputs: [math.mul(math.div(x, length), s)] };
  },

  global_response_norm(math, x, { gamma, beta }, { epsilon }) {
    const strength = addedLength(math, x, all(math.shape(x), 1, -1), epsilon);
    const response = math.div(strength, math.add(math.mean(strength, -1), epsilon));
    const grown = math.add(x, math.mul(gamma!, math.mul(x, response)));
    return { outputs: [beta === undefined ? grown : math.add(grown, beta)] };
  },

  logit_norm: (math, x, _, { axis, epsilon, temperature }) => ({
    outputs: [math.div(x, math.mul(flooredLength(math, x, axis, epsilon), temperature))],
  }),

  max_logit_norm: (math, x, _, { axis, epsilon }) => ({
    outputs: [math.div(x, addedLength(math, x, axis, epsilon))],
  }),

  decoupled_max_logit(math, x, _, { axis, epsilon, constant }) {
    const { cosine, length, drop } = scores(math, x, axis, epsilon);
    const combined = math.add(math.mul(cosine, constant), length);
    return { outputs: [combined, cosine, length].map(drop) };
  },

  dml_plus_focal(math, x, _, { axis, epsilon }) {
    const { cosine, drop } = scores(math, x, axis, epsilon);
    return { outputs: [drop(cosine)] };
  },

  dml_plus_center(math, x, _, { axis, epsilon }) {
    const { length, drop } = scores(math, x, axis, epsilon);
    return { outputs: [drop(length), length] };
  },

  dynamic_tanh: (math, x, { alpha, weight, bias }, { axis }) => ({
    outputs: [learned(math, math.tanh(math.mul(x, alpha!)), axis, weight, bias)],
  }),
};

/** The formula of a type that is only known when it runs. */
export const formulaOf = (type: NormalizationType): Formula<Readonly<Record<string, unknown>>> =>
  formulas[type] as unknown as Formula<Readonly<Record<string, unknown>>>;
