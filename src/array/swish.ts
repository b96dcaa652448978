import * as kernels from '../kernels/index.js';
import { type NdArray, demandShapeOf, empty, emptyLike } from './array.js';
import { cast, flat } from './contiguous.js';

/** The weights of γ x σ(w x) r + β: one of each for every feature, and r for each group of features of a sample. */
export interface SwishWeights {
  readonly factor: NdArray;
  readonly inverse: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

/**
 * γ x σ(w x) r + β of [samples, positions, features] for r in [samples, groups], in one pass. The backward pass takes r for a
 * constant; its sums are in float64, and `groups` is Σ γ dy u of each group at each position, for u = x σ(w x) r.
 */
export function swish(x: NdArray, { factor, inverse, gain, shift }: SwishWeights) {
  const [samples = 0, positions = 0, n = 0] = x.shape;
  const groups = inverse.shape[1]!;
  for (const [name, weight] of Object.entries({ factor, gain, shift }))
    if (weight) demandShapeOf(`swish.${name}`, weight, [n]);
  demandShapeOf('swish.inverse', inverse, [samples, groups]);
  // The kernels read x and its weights in one dtype.
  const own = (weight: NdArray) => flat(cast(weight, x.dtype));
  const task = (): kernels.Swish => ({
    x: flat(x),
    n,
    groups,
    positions,
    factor: own(factor),
    inverse: own(inverse),
    gain: gain && own(gain),
    shift: shift && own(shift),
  });
  // The powers are kept: to compute them again takes longer than to write and to read them.
  const [powers, value] = [emptyLike(x), emptyLike(x)];
  kernels.swish(task(), powers.store.numbers, value.store.numbers);
  return {
    value,
    pullback(g: NdArray) {
      demandShapeOf('swish.gradient', g, x.shape);
      const ofX = emptyLike(x);
      const sums = (shape: readonly number[]) => empty(shape, 'float64');
      const ofGroup = sums([samples, positions, groups]);
      const [ofFactor, ofGain, ofShift] = [sums([n]), sums([n]), sums([n])];
      const numbers = (a: typeof ofGroup) => a.store.numbers as Float64Array;
      kernels.swishBack(task(), powers.store.numbers, flat(cast(g, x.dtype)), {
        ofX: ofX.store.numbers,
        ofGroup: numbers(ofGroup),
        ofFactor: numbers(ofFactor),
        ofGain: numbers(ofGain),
        ofShift: numbers(ofShift),
      });
      return { x: ofX, groups: ofGroup, factor: ofFactor, gain: gain && ofGain, shift: shift && ofShift };
    },
  };
}
