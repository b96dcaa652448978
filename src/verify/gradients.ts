import { type NdArray, flat, fromFlat } from '../array/index.js';
import { Tensor, record } from '../autograd/tape.js';
import { descriptionOf } from '../norms/description.js';
import { gradientKind } from '../norms/norm.js';
import { rule } from '../norms/rule.js';
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
  measure({ norm, given }) {
    const { x, options, weights, inputs, state, training, mask, seed } = given;
    if (gradientKind(norm, options, given) !== 'slope') return undefined;
    const { kinks } = descriptionOf(norm);
    const smooth = kinks ? untied(x) : x;
    if ((kinks?.(smooth, options, given) ?? 1) <= 1e-3) return undefined;
    const [names, beside] = [Object.keys(weights), Object.keys(inputs)];
    const run = rule(norm, names, options, { training, state, mask }, beside);
    const tensors = [smooth, ...Object.values(weights), ...Object.values(inputs)].map(
      (value) => new Tensor(value),
    );
    return slopes((...all) => record(norm.type, all, (...arrays) => run(arrays)), tensors, {
      seed,
      names: ['x', ...names, ...beside],
      relativeToInput: true,
    });
  },
};
