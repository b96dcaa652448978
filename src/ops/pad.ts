import { isList } from '../demand.js';
import * as array from '../array/index.js';
import { type NdArray, type Range, full, sliceView } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Differentiated } from '../autograd/rule.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { choice, number, resolve } from '../option/index.js';

/** The counts of numbers before and after an axis. */
export type Width = readonly [before: number, after: number];

const PADDING = {
  mode: choice('constant', 'What is put around: one number, the nearest one, or a mirror image.', [
    'constant',
    'edge',
    'reflect',
  ]),
  value: number(0, 'The number that is put around in mode constant.', { explore: [-1, 1] }),
};

/** The options of `pad`. */
export interface Padding {
  /** `constant` pads with one number, `edge` with the nearest one, `reflect` with a mirror image without the edge. Default: `constant`. */
  readonly mode?: 'constant' | 'edge' | 'reflect';
  /** The number of mode `constant`. Default: 0. */
  readonly value?: number;
}

/**
 * The tensor with a border: a pair [before, after] per axis, from the first axis on; axes without a pair are not
 * padded. If the border repeats elements of the tensor, its gradient is added to theirs.
 *
 * @throws {NormtapeError} If the widths are no pairs of whole numbers, or a mirror image would need more than there
 * is.
 */
export const pad = withDomain(SMOOTH, (x: Operand, widths: readonly Width[], given: Padding = {}): Tensor => {
  const { mode, value } = resolve('pad', PADDING, given);
  return lift('pad', [x], (input) => {
    demandWidths(widths, input);
    if (mode === 'constant') return constant(input, widths, value);
    const picks = widths.map(([before, after], axis) => sources(mode, before, input.shape[axis]!, after));
    let padded = input;
    const steps = picks.map((data, axis) => {
      const { shape } = padded;
      const at = { data, shape: [data.length] };
      padded = array.gather(padded, at, axis);
      return (g: NdArray) => array.scatterAdd(g, at, axis, shape);
    });
    return { value: padded, pullback: (g) => [steps.reduceRight((gradient, back) => back(gradient), g)] };
  });
});

function constant(input: NdArray, widths: readonly Width[], value: number): Differentiated {
  const shape = input.shape.map((n, axis) => n + (widths[axis]?.[0] ?? 0) + (widths[axis]?.[1] ?? 0));
  const inside = widths.map(([before], axis): Range => [before, before + input.shape[axis]!]);
  const padded = full(shape, value, input.dtype);
  array.put(input, sliceView(padded, inside));
  return { value: padded, pullback: (g) => [sliceView(g, inside)] };
}

/** For each position of the padded axis, the position in the axis of n numbers that it repeats. */
function sources(mode: 'edge' | 'reflect', before: number, n: number, after: number): Int32Array {
  if (n === 0 || (mode === 'reflect' && Math.max(before, after) >= n)) {
    const expected = n === 0 ? 'an axis with a number to repeat' : `widths below ${n}, the size of the axis`;
    throw new NormtapeError({ where: 'pad', expected, received: [before, after] });
  }
  return Int32Array.from({ length: before + n + after }, (_, i) => {
    const at = i - before;
    if (mode === 'edge') return Math.min(Math.max(at, 0), n - 1);
    const folded = Math.abs(at);
    return folded < n ? folded : 2 * (n - 1) - folded;
  });
}

function demandWidths(widths: readonly Width[], { shape }: NdArray): void {
  const isWidth = (width: unknown): boolean =>
    isList(width) && width.length === 2 && width.every((n) => Number.isInteger(n) && (n as number) >= 0);
  if (isList(widths) && widths.length <= shape.length && widths.every(isWidth)) return;
  const expected = `at most ${shape.length} pairs [before, after] of whole numbers from 0`;
  throw new NormtapeError({ where: 'pad', expected, received: widths });
}
