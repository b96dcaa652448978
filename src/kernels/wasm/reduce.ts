import { engine } from '../choice.js';
import * as js from '../js/index.js';
import type { Kernels, Reduction } from '../kernels.js';
import type { Groups, Numbers } from '../numbers.js';
import { LEAST, compiled } from './call.js';

// Reductions of short groups are compiled too, so that a sample has the same bits alone. Sums of float64 are
// corrected by the rounding errors of their additions, each in the order of its elements, so that zeros among them
// change no bit. Those of float32 may be summed in any order, since float64 has digits to spare.

/** Declines for rows of float64, whose sums are as fast in JavaScript, or if there is nothing to reduce. */
export const sum: Kernels['sum'] = (x, groups) => {
  const { outer, n, inner } = groups;
  const wide = x instanceof Float64Array;
  if (!engine() || x.length === 0 || n === 0 || (wide && inner === 1)) return js.sum(x, groups);
  const out = new Float64Array(outer * inner);
  if (!wide && sumsInPlace(x, groups, out)) return out;
  const ran = compiled((exports, memory) => {
    const [from, to] = [memory.read(x), memory.write(out)];
    if (wide) exports.sumColumns64(from, to, outer, n, inner, memory.room(8 * inner));
    else if (inner === 1) exports.sumRows32(from, to, outer, n);
    else exports.sumColumns32(from, to, outer, n, inner);
  });
  return ran ? out : js.sum(x, groups);
};

/** Sums float32 that lie in the memory of the kernels, and need no staging; returns whether they do. */
function sumsInPlace(x: Numbers, { outer, n, inner }: Groups, out: Float64Array): boolean {
  const on = engine();
  const from = on?.arena.addressOf(x);
  const block = from ? on?.arena.malloc(8 * out.length) : undefined;
  if (!on || !from || !block) return false;
  const { exports, arena } = on;
  try {
    if (inner === 1) exports.sumRows32(from, block.address, outer, n);
    else exports.sumColumns32(from, block.address, outer, n, inner);
    out.set(arena.numbers(block, true, out.length));
  } finally {
    arena.free(block);
  }
  return true;
}

/** The maximum or minimum of every group. Declines if there is nothing to reduce. */
const extreme =
  (name: 'max' | 'min', plain: Reduction): Reduction =>
  (x, groups) => {
    const { outer, n, inner } = groups;
    if (!engine() || x.length === 0 || n === 0) return plain(x, groups);
    const out = new Float64Array(outer * inner);
    const ran = compiled((exports, memory) => {
      const [from, to] = [memory.read(x), memory.write(out)];
      const suffix = x instanceof Float64Array ? 64 : 32;
      if (inner === 1) exports[`${name}Rows${suffix}`](from, to, outer, n);
      else exports[`${name}Columns${suffix}`](from, to, outer, n, inner);
    });
    return ran ? out : plain(x, groups);
  };

export const max = extreme('max', js.max);
export const min = extreme('min', js.min);

/** Declines for groups that are not rows, or if dtypes differ. */
export const extremeBack: Kernels['extremeBack'] = (x, value, gradient, out, groups) => {
  const { outer, n, inner } = groups;
  const wide = x instanceof Float64Array;
  const ran =
    inner === 1 &&
    [value, gradient, out].every((other) => other instanceof Float64Array === wide) &&
    compiled((exports, memory) => {
      const kernel = wide ? exports.extremeRowsBack64 : exports.extremeRowsBack32;
      kernel(memory.read(x), memory.read(value), memory.read(gradient), memory.write(out), outer, n);
    });
  if (!ran) js.extremeBack(x, value, gradient, out, groups);
};

/** Declines for fewer than 256 elements, or if dtypes differ. */
export const dot: Kernels['dot'] = (x, y) => {
  const wide = x instanceof Float64Array;
  let total = 0;
  const ran =
    x.length >= LEAST &&
    wide === y instanceof Float64Array &&
    compiled((exports, memory) => {
      total = (wide ? exports.dot64 : exports.dot32)(memory.read(x), memory.read(y), x.length);
    });
  return ran ? total : js.dot(x, y);
};

/** Declines for a buffer that must be copied. */
export const isWithin: Kernels['isWithin'] = (x, limit) => {
  const on = engine();
  const address = on?.arena.addressOf(x);
  if (!on || !address) return js.isWithin(x, limit);
  const kernel = x instanceof Float64Array ? on.exports.within64 : on.exports.within32;
  return kernel(address, x.length, limit) === 1;
};
