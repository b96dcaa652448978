import {
  type Axes,
  type NdArray,
  type Shape,
  broadcastTo,
  flat,
  mean as meanAlong,
  onto,
  positiveAxes,
  reshape,
  scale,
  sizeOf,
  sub,
} from '../../array/index.js';
import type { Trial, Witness } from '../law.js';
import { type WithEpsilon, u, wide } from './bounds.js';

/** N is √(total + ε), √max(total, ε), max(√(total + ε), ε), √total + ε, or max(√total, ε). */
export type Bound = 'added' | 'floor' | 'clamped' | 'rootAdded' | 'rootFloor';

/** How x̂ is formed in a norm with y = gain · x̂ + shift: all that its laws need besides the formula. */
export interface Core<O> {
  /** Whether squares are averaged or summed. */
  readonly total: 'mean' | 'sum';
  /** How ε limits N; stated for each setting if an option decides. */
  readonly bound: Bound | ((options: O) => Bound);
  /** Whether x̂ is made of x − x̄. */
  readonly centered: boolean;
  /** The roundings of a gain in addition to those of x̂; few if left out. */
  roundings?(trial: Trial<O>): number;
}

/** A weight in float64, laid onto the axes it was learned along; undefined if it is switched off. */
export function laid({ x, weights }: Pick<Trial<never>, 'x' | 'weights'>, name: string, axes: Axes) {
  const weight = weights[name];
  return weight && reshape(wide(weight), onto(x.shape, axes));
}

/** The groups of an array along the axes, each in row-major order, in float64. */
export function rows(a: NdArray, axes: Axes): readonly Float64Array[] {
  const along = positiveAxes(axes, a.shape.length);
  const rest = a.shape.map((_, axis) => axis).filter((axis) => !along.includes(axis));
  const data = flat(wide(a.transpose(...rest, ...along) as NdArray)) as Float64Array;
  const size = along.reduce((n, axis) => n * a.shape[axis]!, 1);
  return Array.from({ length: sizeOf(a.shape) / size }, (_, row) =>
    data.subarray(row * size, (row + 1) * size),
  );
}

/** One group of numbers that share N, with all that the laws measure; computed here, not by the norm. */
export interface Group {
  readonly size: number;
  readonly x: Float64Array;
  /** x − x̄ where the core is centred, else x. */
  readonly c: Float64Array;
  /** x̂ */
  readonly unit: Float64Array;
  /** The mean or the sum of the squares of c. */
  readonly power: number;
  /** N */
  readonly length: number;
  /** Whether N moves with x. */
  readonly live: boolean;
  /** Whether it is so close to a floor or clamp that rounding decides which side it is on. */
  readonly edge: boolean;
  readonly gain: Float64Array;
  readonly shift: Float64Array;
  readonly y: Float64Array;
  /** The gradient of x̂, which is gain · dy, and the gradient of x. */
  readonly g: Float64Array;
  readonly dx: Float64Array;
  /** The largest error of an x̂ that rounding explains. */
  readonly error: number;
  /** The largest error of a dx that rounding explains: see `slackOf`. */
  readonly slack: number;
}

/**
 * How far an x̂ may be off after ordinary summation of n numbers: relative to it by (n + 8) u, for the squares, the
 * root and the division; and where a mean is taken off, by D = (n + 1) u mean|x| / N for the rounding of that mean,
 * which moves N as well, and by what is left of a mean taken off twice.
 */
export function errorOf(
  size: number,
  meanSize: number,
  length: number,
  most: number,
  centered: boolean,
  unit: number,
): number {
  const own = (size + 8) * unit * most;
  if (!centered) return own;
  const d = ((size + 1) * unit * meanSize) / length;
  return own + d * (1 + 2 * most) + d * d + 2 * (size + 1) * unit;
}

/**
 * How far a dx = (g − mean(g) − x̂ total(x̂ g)) / N may be off: x̂ enters it twice, each time with its error, and the
 * two sums and what is done with them round by (n + 8) u at most. No total of |x̂ g| exceeds that of 1 times
 * max|x̂| max|g|.
 */
const slackOf = (
  { size, most, error, length }: Pick<Group, 'size' | 'error' | 'length'> & { readonly most: number },
  { g, summed, unit }: { readonly g: number; readonly summed: boolean; readonly unit: number },
): number => (4 * ((size + 8) * unit + error) * g * (1 + (summed ? size : 1) * most * most)) / length;

/** The inputs to measure a trial with; by default its own input and weights, and a random gradient. */
interface At {
  readonly x?: NdArray;
  /** The gradient of the output. */
  readonly seed?: NdArray;
  /** Whether weights are at their default start. */
  readonly fresh?: boolean;
  /** The number of the random gradient to pull back. */
  readonly stream?: number;
}

/** How ε limits N under these options. */
export const boundOf = <O>({ bound }: Core<O>, options: O): Bound =>
  typeof bound === 'function' ? bound(options) : bound;

/** A power of two beside which shifts are small. */
const LARGE = 2 ** 60;

/** The groups of a trial, in training and without a mask; each is computed once. */
export function groupsOf<O extends WithEpsilon>(core: Core<O>, at: At = {}) {
  const known = new WeakMap<Trial<O>, readonly Group[]>();
  return (trial: Trial<O>): readonly Group[] => {
    const found = known.get(trial) ?? groupsAt(core, trial, at);
    known.set(trial, found);
    return found;
  };
}

/** The same for one trial. */
export function groupsAt<O extends WithEpsilon>(
  core: Core<O>,
  trial: Trial<O>,
  { x = trial.x, fresh = false, stream = 0, seed = trial.normal(x.shape, stream) }: At,
): readonly Group[] {
  const { epsilon } = trial.options;
  const { outputs, pullback } = trial.linearize(x, { training: true, mask: undefined, fresh });
  // The output is gain · x̂ + shift: at x̂ = 0 it shows the shift, and at a large x̂ the gain, of which a sum loses no digit.
  const [none, one] = [0, LARGE].map((value) => trial.witness(x, { fresh, replaced: { x̂: value } }));
  const layout = layoutOf(none!);
  const { parted } = layout;
  const spread = (a: NdArray) => parted(broadcastTo(a, x.shape));
  const y = fresh ? trial.run(x)[0] : outputs[0];
  const [ys, seeds, pulled] = [y, seed, pullback([seed]).x].map(parted);
  const lengths = flat(core.centered ? lengthsOf(trial, x, { fresh, ...layout }) : none!.of('N'));
  const [at0, at1] = [none!, one!].map(({ outputs: [only] }) => only!);
  const [gains, shifts] = [spread(scale(sub(at1!, at0!), 1 / LARGE)), spread(at0!)];
  const unit = u(trial);
  const bound = boundOf(core, trial.options);
  const squared = bound === 'rootFloor' ? epsilon ** 2 : epsilon;
  // The power at which N begins to move with x.
  const corner = {
    added: -Infinity,
    floor: squared,
    clamped: epsilon * (epsilon - 1),
    rootAdded: -Infinity,
    rootFloor: squared,
  }[bound];
  return parted(x).map((row, i) => {
    const size = row.length;
    const c = core.centered ? centered(row) : row;
    const squares = inner(c, c);
    const power = core.total === 'mean' ? squares / size : squares;
    const length = lengths[i]!;
    const n = c.map((value) => value / length);
    const most = worst(n.map(Math.abs));
    const g = seeds![i]!.map((value, j) => value * gains[i]![j]!);
    const error = errorOf(size, total(row) / size, length, most, core.centered, unit);
    return {
      size,
      x: row,
      c,
      unit: n,
      power,
      length,
      live: power >= corner,
      edge: Math.abs(power - corner) <= 4 * (size + 8) * unit * (power + squared),
      gain: gains[i]!,
      shift: shifts[i]!,
      y: ys![i]!,
      dx: pulled![i]!,
      g,
      error,
      slack: slackOf(
        { size, most, error, length },
        { g: worst(g.map(Math.abs)), summed: core.total === 'sum', unit },
      ),
    };
  });
}

/**
 * The N of a centred norm, from x with the mean taken off before, by which N does not change. The formula takes the mean
 * off once, in which the mean is off by e, up to (n + 1) u mean|x|: it finds c − e, of which Σ (c − e)² = Σ c² + n e².
 * Of equal numbers this is all there is, and lies above ε for large ones, where N is ε. An N that is too large by
 * rounding has errors relative to it that are too small, and no gradient is as short as a claim with this N says. At c
 * the mean is off by u times mean|c| ≤ √(Σ c² / n), and N by as little as every other sum.
 */
function lengthsOf<O>(
  trial: Trial<O>,
  x: NdArray,
  {
    shape,
    axes,
    fresh,
  }: { readonly shape: Shape; readonly axes: readonly number[]; readonly fresh: boolean },
): NdArray {
  const once = less(reshape(wide(x), shape), axes);
  return trial.witness(reshape(less(once, axes), x.shape), { fresh }).of('N');
}

const less = (a: NdArray, axes: readonly number[]): NdArray => sub(a, meanAlong(a, axes));

/** The layout in which the groups of a formula lie along axes, and an array of that size group by group. */
export function layoutOf(formula: Witness) {
  const { shape } = formula.of('x̂');
  const lengths = formula.of('N').shape;
  const axes = shape.map((_, axis) => axis).filter((axis) => lengths[axis] === 1);
  return { shape, axes, parted: (a: NdArray) => rows(reshape(a, shape), axes) };
}

/** The row less its mean, and less the mean of what is left. */
export function centered(row: Float64Array): Float64Array {
  const once = row.map((value) => value - mean(row));
  const rest = mean(once);
  return once.map((value) => value - rest);
}

export const mean = (row: Float64Array): number => row.reduce((sum, value) => sum + value, 0) / row.length;

export const inner = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + value * b[i]!, 0);

/** Σ |a b| */
export const size = (a: Float64Array, b: Float64Array): number =>
  a.reduce((sum, value, i) => sum + Math.abs(value * b[i]!), 0);

export const euclid = (a: Float64Array): number => Math.sqrt(inner(a, a));

export const total = (a: Float64Array): number => a.reduce((sum, value) => sum + Math.abs(value), 0);

/** A difference relative to a scale: 0 if there is none, infinite if the scale is 0 and there is one. */
export const relative = (difference: number, scale: number): number =>
  difference === 0 ? 0 : Number.isNaN(difference) ? NaN : Math.abs(difference) / scale;

/** The largest deviation; NaN if one is. */
export const worst = (deviations: Iterable<number>): number => {
  let most = 0;
  for (const deviation of deviations) most = Math.max(most, deviation);
  return most;
};

/** The numbers of running statistics, one after the other. */
export const bits = (state: Readonly<Record<string, NdArray>> | undefined): readonly number[] =>
  Object.values(state ?? {}).flatMap((value) => [...flat(value)]);

/** The largest difference of two lists; infinite if one is longer. */
export const apart = (a: readonly number[], b: readonly number[]): number =>
  a.length === b.length ? worst(a.map((value, i) => Math.abs(value - b[i]!))) : Infinity;
