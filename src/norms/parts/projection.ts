import {
  type NdArray,
  add,
  cast,
  concat,
  matmul,
  mendedShort,
  onAxis,
  reshape,
  sliceView,
  sumTo,
  transpose,
} from '../../array/index.js';
import { type Activation, activated } from './activation.js';

type Parts = readonly NdArray[];

/** Parts of p = φ(c) K + b, each of `width` numbers for each sample, in order. */
export function projected(c: NdArray, kernel: NdArray, bias: NdArray, activation: Activation, width: number) {
  const open = activated(c, activation);
  const p = add(matmul(open.value, kernel), bias);
  const count = kernel.shape[1]! / width;
  const back = (ofParts: Parts) => {
    const dp = concat(ofParts, 1);
    const turned = (a: NdArray) => transpose(cast(a, dp.dtype));
    return {
      condition: open.pullback(matmul(dp, turned(kernel))),
      kernel: matmul(turned(open.value), dp),
      bias: reshape(sumTo(dp, [1, dp.shape[1]!]), bias.shape),
    };
  };
  return {
    parts: Array.from({ length: count }, (_, k) => sliceView(p, onAxis(1, 2, [k * width, (k + 1) * width]))),
    /**
     * The gradients of c, K and b, from those of the parts. A gradient of a part may overflow although what is made of it
     * does not: `again` gives them from gradients in short units.
     */
    pullback(ofParts: Parts, again: (short: (gradient: NdArray) => NdArray) => Parts) {
      const pulled = back(ofParts);
      const whole = (name: keyof typeof pulled) =>
        mendedShort(pulled[name], (short) => back(again(short))[name]);
      return { condition: whole('condition'), kernel: whole('kernel'), bias: whole('bias') };
    },
  };
}
