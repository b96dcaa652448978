import { type NdArray, flat, fromFlat, sizeOf } from '../../array/index.js';
import { Parameter } from '../parameter.js';
import { Tensor } from '../tape.js';
import type { Outputs } from '../vjp.js';

/** A function of float64 arrays that returns all elements of its outputs in one array. */
export type Evaluate = (inputs: readonly NdArray[]) => Float64Array;

/** Evaluates f. Parameters among its inputs get their new values in place, since f may read them from a layer, and are restored. */
export const evaluate =
  (f: (...inputs: Tensor[]) => Outputs, originals: readonly Tensor[]): Evaluate =>
  (arrays) => {
    const before = originals.map(({ value }) => value);
    const inputs = originals.map((x, k) => {
      if (!(x instanceof Parameter)) return new Tensor(arrays[k]!);
      x.value = arrays[k]!;
      return x;
    });
    try {
      const value = f(...inputs);
      return joined(value instanceof Tensor ? [value] : value);
    } finally {
      originals.forEach((x, k) => {
        if (x instanceof Parameter) x.value = before[k]!;
      });
    }
  };

function joined(outputs: readonly Tensor[]): Float64Array {
  const values = new Float64Array(outputs.reduce((size, y) => size + y.size, 0));
  let at = 0;
  for (const y of outputs) {
    values.set(flat(y.value), at);
    at += y.size;
  }
  return values;
}

/** A direction in which to move the inputs: by these numbers, for a step of 1. */
export type Direction = readonly NdArray[];

/** The slope of the outputs along a direction, and an error bound of each number. */
export interface Slope {
  readonly value: Float64Array;
  readonly error: Float64Array;
  /** Whether the slope jumps at the inputs. */
  readonly kink: boolean;
}

/** How often a step is shortened at most, and by which factor each time. */
const ATTEMPTS = 6;
const SHORTER = 2 ** -4;

/** The rounding error of an evaluation, relative to the largest output: a few dozen operations on each number. */
const NOISE = 32 * 2 ** -53;

/**
 * The slope of f at the inputs, by central differences at h, h/2 and h/4, extrapolated to cancel the errors of order h²
 * and h⁴ (Richardson). The step is shortened until the estimated error is small, and the best slope is returned: so even
 * a scale that is far too large, as that of a row of zeros, leads to a good step.
 */
export function slopeAlong(
  f: Evaluate,
  inputs: readonly NdArray[],
  direction: Direction,
  step: number,
  tolerance: number,
): Slope {
  const moved = (h: number): Float64Array =>
    f(
      inputs.map((x, k) => {
        const [from, by] = [flat(x), flat(direction[k]!)];
        return fromFlat(
          Float64Array.from(from, (value, i) => value + h * by[i]!),
          x.shape,
        );
      }),
    );
  const here = moved(0);
  const noise = NOISE * largest(here);
  const differences = (width: number) => {
    const [above, below] = [moved(width), moved(-width)];
    return {
      slope: above.map((y, i) => (y - below[i]!) / (2 * width)),
      /** The difference between the slopes above and below. */
      gap: above.map((y, i) => Math.abs(y - 2 * here[i]! + below[i]!) / width),
    };
  };

  let best: { value: Float64Array; error: Float64Array; worst: number; kink: boolean } | undefined;
  let h = step;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++, h *= SHORTER) {
    const [one, half, quarter] = [differences(h), differences(h / 2), differences(h / 4)];
    const value = new Float64Array(here.length);
    const error = new Float64Array(here.length);
    let worst = 0;
    for (let i = 0; i < here.length; i++) {
      const coarse = (4 * half.slope[i]! - one.slope[i]!) / 3;
      const fine = (4 * quarter.slope[i]! - half.slope[i]!) / 3;
      value[i] = (16 * fine - coarse) / 15;
      error[i] = Math.abs(fine - coarse) / 15 + (4 * noise) / h;
      worst = Math.max(worst, Number.isFinite(error[i]!) ? error[i]! : Infinity);
    }
    const kink = jumps(one.gap, quarter.gap, largest(value) + (8 * noise) / h);
    // At a large step a narrow bend looks like a corner, so the step is shortened further; a corner stays a corner.
    if (!best || (best.kink && !kink) || (best.kink === kink && worst < best.worst)) {
      best = { value, error, worst, kink };
    }
    // If f is not defined on both sides, as a logarithm near 0, nothing has been measured yet.
    if (!kink && worst < Infinity && worst <= tolerance * largest(value)) break;
  }
  return best!;
}

/**
 * Whether the slopes on both sides stay different as the step is quartered. Those of a smooth f meet. A difference of a
 * hundredth of the slope or less tells nothing.
 */
const jumps = (wide: Float64Array, narrow: Float64Array, size: number): boolean =>
  narrow.some((gap, i) => gap > 0.01 * size && gap > 0.6 * wide[i]!);

/** The largest magnitude; infinite if a number is not finite. */
export function largest(values: Iterable<number>): number {
  let most = 0;
  for (const value of values) most = Math.max(most, Number.isFinite(value) ? Math.abs(value) : Infinity);
  return most;
}

/**
 * The scale of each element of x, which is that of its row: the standard deviation of the row, or its root mean square if it
 * is constant, or 1 if it is 0. Each is rounded to a power of two, so that steps are exact.
 */
export function scales(x: NdArray): Float64Array {
  const values = flat(x);
  const width = x.shape.at(-1) ?? 1;
  const result = new Float64Array(sizeOf(x.shape));
  for (let from = 0; from < result.length; from += width) {
    const row = values.subarray(from, from + width);
    let mean = 0;
    for (const value of row) mean += value / width;
    const spread = root(row, mean);
    const size = root(row, 0);
    const length = spread > 1e-9 * size ? spread : size || 1;
    result.fill(2 ** Math.round(Math.log2(length)), from, from + width);
  }
  return result;
}

function root(row: Iterable<number>, center: number): number {
  const offsets = [...row].map((value) => value - center);
  const most = largest(offsets);
  if (most === 0) return 0;
  return most * Math.sqrt(offsets.reduce((sum, c) => sum + (c / most) ** 2, 0) / offsets.length);
}
