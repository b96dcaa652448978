import * as array from '../array/index.js';
import { type Axes } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Tensor } from '../autograd/tape.js';

/** eˣ, divided by its sum over the axes: dy = y ⊙ (dx − ⟨y, dx⟩). */
export const softmax = withDomain(SMOOTH, (x: Operand, axes: Axes = -1): Tensor =>
  lift(
    'softmax',
    [x],
    (logits) => {
      const value = array.softmax(logits, axes);
      return { value, pullback: (g) => [array.softmaxBack(g, value, axes)] };
    },
    { axes },
  ),
);

/** ln softmax x over the axes, accurate even if softmax is near 0: dy = dx − ⟨softmax x, dx⟩. */
export const logSoftmax = withDomain(SMOOTH, (x: Operand, axes: Axes = -1): Tensor =>
  lift(
    'logSoftmax',
    [x],
    (logits) => {
      const value = array.logSoftmax(logits, axes);
      return { value, pullback: (g) => [array.logSoftmaxBack(g, value, axes)] };
    },
    { axes },
  ),
);
