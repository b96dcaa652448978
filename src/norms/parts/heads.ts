import { type NdArray, type Shape, reshape } from '../../array/index.js';
import { standardizeWith, unitizeWith } from './normalize.js';

/** How a head is divided: by its root mean square, by its deviation around its mean, or by its length, at least ε. */
export type HeadKind = 'rms_norm' | 'layer_norm' | 'l2';

/** The shape of x with its last axis split in two: [heads, features of one head]. */
export const headShape = (input: Shape, heads: number): Shape => [
  ...input.slice(0, -1),
  heads,
  input.at(-1)! / heads,
];

/** γ ⊙ x̂ for each head of the last axis. The gain has the size of a head, since all heads share it. */
export function normalizeHeads(x: NdArray, heads: number, kind: HeadKind, epsilon: number, gain?: NdArray) {
  const shape = headShape(x.shape, heads);
  const weights = { gain, along: -1 };
  const split = reshape(x, shape);
  const unit =
    kind === 'layer_norm'
      ? standardizeWith(split, -1, epsilon, weights)
      : unitizeWith(split, -1, epsilon, kind === 'l2' ? 'lengthFloor' : 'mean', weights);
  return {
    value: reshape(unit.value, x.shape),
    pullback(gradient: NdArray) {
      const pulled = unit.pullback(reshape(gradient, shape));
      return { x: reshape(pulled.x, x.shape), gain: pulled.gain };
    },
  };
}
