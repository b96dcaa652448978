import type { Groups, Numbers } from './numbers.js';

/** How a group x is brought to unit size: x̂ = (x − x̄) / N, where N comes of the squares and of ε. */
export interface Recipe {
  /** Whether x̄ is taken off first, or left at 0. */
  readonly centered: boolean;
  /** Whether the squares are averaged (m) or summed (Q). */
  readonly total: 'mean' | 'sum';
  /** N is √(total + ε), or √max(total, ε), or max(√(total + ε), ε). */
  readonly bound: 'added' | 'floor' | 'clamped';
  readonly epsilon: number;
}

/** What a group was divided by, and what that came of; one number a group, in float64. */
export interface Measures {
  /** x̄; zeros where it was not taken off. */
  readonly center: Float64Array;
  /** The mean or the sum of the squares of x − x̄. */
  readonly power: Float64Array;
  /** N · scale: N alone may be past the largest number. */
  readonly root: Float64Array;
  /** The power of two that the group was computed at; 1 for most. */
  readonly scale: Float64Array;
  /** 1 where N moves with x, 0 where a bound holds it still. */
  readonly live: Uint8Array;
}

/** Below this the squares of a group may have vanished, above the next they may soon overflow. */
const LEAST = 1e-270;
const MOST = 1e300;

/** Writes x̂ for every group, and returns what each was divided by. Everything is computed in float64. */
export function normalize(x: Numbers, unit: Numbers, groups: Groups, recipe: Recipe): Measures {
  const { outer, n, inner } = groups;
  const count = outer * inner;
  const measures = {
    center: new Float64Array(count),
    power: new Float64Array(count),
    root: new Float64Array(count),
    scale: new Float64Array(count),
    live: new Uint8Array(count),
  };
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const from = o * n * inner + j;
      const group = o * inner + j;
      if (!normalizeGroup(x, unit, from, n, inner, group, recipe, undefined, measures)) {
        const scale = balance(x, from, n, inner, recipe.epsilon);
        normalizeGroup(x, unit, from, n, inner, group, recipe, scale, measures);
      }
    }
  }
  return measures;
}

/**
 * One group, as if x were scale · x and ε were scale² · ε, which changes no x̂: with a power of two not even a
 * rounding. False, and nothing done, where no scale is given and squares may have left the range of float64.
 */
function normalizeGroup(
  x: Numbers,
  unit: Numbers,
  from: number,
  n: number,
  step: number,
  group: number,
  { centered, total, bound, epsilon }: Recipe,
  given: number | undefined,
  { center, power, root: roots, scale: scales, live }: Measures,
): boolean {
  const scale = given ?? 1;
  const end = from + n * step;
  // The mean of the rest after taking the mean off is rounding; it is taken off as well.
  let mean = 0;
  let rest = 0;
  let squares = 0;
  if (centered) {
    for (let p = from; p < end; p += step) mean += scale * x[p]!;
    mean /= n;
    let offset = 0;
    for (let p = from; p < end; p += step) offset += scale * x[p]! - mean;
    rest = offset / n;
    for (let p = from; p < end; p += step) {
      const c = scale * x[p]! - mean - rest;
      squares += c * c;
    }
  } else {
    for (let p = from; p < end; p += step) {
      const c = scale * x[p]!;
      squares += c * c;
    }
  }
  const scaledEpsilon = epsilon * scale * scale;
  const size = total === 'mean' ? squares / n : squares;
  if (given === undefined && !(size + epsilon > LEAST && squares < MOST)) return false;

  // Where all squares are 0, N is what it is of ε alone, which scaled may have vanished: the scale is taken back.
  const own = squares === 0 ? 1 : scale;
  mean /= scale / own;
  rest /= scale / own;
  const least = squares === 0 ? epsilon : scaledEpsilon;
  let root: number;
  if (bound === 'floor') {
    root = Math.sqrt(Math.max(size, least));
    live[group] = size >= least ? 1 : 0;
  } else {
    root = Math.sqrt(size + least);
    live[group] = 1;
    if (bound === 'clamped' && root < epsilon * own) {
      root = epsilon * own;
      live[group] = 0;
    }
  }
  center[group] = (mean + rest) / own;
  power[group] = size / own / own;
  roots[group] = root;
  scales[group] = own;
  if (centered) {
    for (let p = from; p < end; p += step) unit[p] = (own * x[p]! - mean - rest) / root;
  } else {
    for (let p = from; p < end; p += step) unit[p] = (own * x[p]!) / root;
  }
  return true;
}

/** The power of two that brings the largest |x| of a group, or √ε where that is larger, near 1. */
function balance(x: Numbers, from: number, n: number, step: number, epsilon: number): number {
  let most = Math.sqrt(epsilon);
  for (let p = from; p < from + n * step; p += step) most = Math.max(most, Math.abs(x[p]!));
  const exponent = Math.round(Math.log2(most));
  return 2 ** -Math.max(-1022, Math.min(1022, exponent));
}

/**
 * The gradient of x from that of x̂ and, where given, that of N.
 * dx̂ = (c − live · x̂ · total(x̂ c)) / N for c = dx − mean(dx) where centred; the map is symmetric, so it is its own
 * transpose, with the centring last. dN = live · total(x̂ dx).
 */
export function normalizeBack(
  gradient: Numbers,
  unit: Numbers,
  out: Numbers,
  { outer, n, inner }: Groups,
  { centered, total }: Recipe,
  { root: roots, scale: scales, live }: Measures,
  ofLength: Numbers | undefined,
): void {
  const share = total === 'mean' ? 1 / n : 1;
  for (let o = 0; o < outer; o++) {
    for (let j = 0; j < inner; j++) {
      const group = o * inner + j;
      const from = o * n * inner + j;
      const end = from + n * inner;
      const root = roots[group]!;
      const scale = scales[group]!;
      let radial = 0;
      let pushed = 0;
      if (live[group]) {
        for (let p = from; p < end; p += inner) radial += gradient[p]! * unit[p]!;
        radial *= share;
        if (ofLength) pushed = ofLength[group]! * share;
      }
      let offset = 0;
      if (centered) {
        for (let p = from; p < end; p += inner) offset += gradient[p]! - unit[p]! * radial;
        offset /= n;
      }
      for (let p = from; p < end; p += inner) {
        out[p] = ((gradient[p]! - unit[p]! * radial - offset) / root) * scale + pushed * unit[p]!;
      }
    }
  }
}
