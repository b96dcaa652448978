import type { Groups, Numbers } from '../numbers.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/** Below so many numbers, a call costs more than it saves. */
const LEAST = 256;

type Name = 'sum' | 'max' | 'min';

/**
 * The sum or an extreme of every group, in float64, however few they are, so that a sample has the same bits alone;
 * undefined where it does not pay or fit. Sums of float64 keep what additions lose, each in the order of its numbers, so that
 * zeros among them change no bit: those of rows are as fast in JavaScript. Those of float32 may be summed in any order,
 * since float64 has digits to spare.
 */
export function reduce(
  { kernels, arena }: Engine,
  name: Name,
  x: Numbers,
  { outer, n, inner }: Groups,
): Float64Array | undefined {
  if (x.length === 0 || n === 0) return undefined;
  if (name === 'sum' && inner === 1 && x instanceof Float64Array) return undefined;
  const staging = new Staging(arena);
  const out = new Float64Array(outer * inner);
  const [from, to] = [staging.read(x), staging.write(out)];
  const wide = x instanceof Float64Array;
  if (wide && name === 'sum') {
    const lost = staging.room(8 * inner)?.address ?? 0;
    return staging.run(() => kernels.sumColumns64(from, to, outer, n, inner, lost)) ? out : undefined;
  }
  const [rows, columns] =
    wide && name !== 'sum'
      ? [kernels[`${name}Rows64`], kernels[`${name}Columns64`]]
      : [kernels[`${name}Rows32`], kernels[`${name}Columns32`]];
  const ran = staging.run(() => {
    if (inner === 1) rows(from, to, outer, n);
    else columns(from, to, outer, n, inner);
  });
  return ran ? out : undefined;
}

/** The way back through an extreme of rows; false, and nothing done, for other groups, dtypes apart, or without room. */
export function extremeBack(
  { kernels, arena }: Engine,
  x: Numbers,
  extreme: Numbers,
  gradient: Numbers,
  out: Numbers,
  { outer, n, inner }: Groups,
): boolean {
  const wide = x instanceof Float64Array;
  if (inner !== 1 || [extreme, gradient, out].some((other) => other instanceof Float64Array !== wide))
    return false;
  const staging = new Staging(arena);
  const [atX, atExtreme, atGradient] = [staging.read(x), staging.read(extreme), staging.read(gradient)];
  const to = staging.write(out);
  const kernel = wide ? kernels.extremeRowsBack64 : kernels.extremeRowsBack32;
  return staging.run(() => kernel(atX, atExtreme, atGradient, to, outer, n));
}

/** Σ x y; undefined where it does not pay or fit. */
export function dot({ kernels, arena }: Engine, x: Numbers, y: Numbers): number | undefined {
  if (x.length < LEAST || x instanceof Float64Array !== y instanceof Float64Array) return undefined;
  const staging = new Staging(arena);
  const [a, b] = [staging.read(x), staging.read(y)];
  let total: number | undefined;
  staging.run(() => {
    total = (x instanceof Float64Array ? kernels.dot64 : kernels.dot32)(a, b, x.length);
  });
  return total;
}

/** Whether no |x| is above the limit, or NaN; undefined for numbers that lie elsewhere, which are not copied for that. */
export function within({ kernels, arena }: Engine, x: Numbers, limit: number): boolean | undefined {
  const address = arena.addressOf(x);
  if (!address) return undefined;
  return (x instanceof Float64Array ? kernels.within64 : kernels.within32)(address, x.length, limit) === 1;
}
