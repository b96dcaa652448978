import { type NdArray, flat, fromFlat } from '../array/index.js';
import { Tensor, record } from '../autograd/tape.js';
import { rule } from '../norms/norm.js';
import type { Claim } from './claim.js';
import { SLOPES, slopes } from './owed.js';

/** The same numbers, moved until no two are equal: a maximum has no slope where two tie. */
const untied = (x: NdArray): NdArray =>
  fromFlat(
    Float64Array.from(flat(x), (value, i) => value + i / 1024),
    x.shape,
  );

/** The backward pass of a norm against finite differences of its forward pass. */
export const gradients: Claim = {
  ...SLOPES,
  sort: 'smooth',
  dtypes: ['float64'],
  measure({ norm, given: { x, options, weights, state, training, mask, seed } }) {
    const smooth = norm.kinks ? untied(x) : x;
    if ((norm.kinks?.(smooth, options) ?? 1) <= 1e-3) return undefined;
    const run = rule(norm, Object.keys(weights), options, { training, state, mask });
    const tensors = [smooth, ...Object.values(weights)].map((value) => new Tensor(value));
    const names = ['x', ...Object.keys(weights)];
    return slopes((...all) => record(norm.type, all, (...arrays) => run(arrays)), tensors, {
      seed,
      names,
      relativeToInput: true,
    });
  },
};
