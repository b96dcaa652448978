import * as kernels from '../kernels/index.js';
import { type NdArray, demandShapeOf, empty, emptyLike } from './array.js';
import { cast, flat } from './contiguous.js';

/** The weights of γ x / max(B, w x + S) + β: one of each for every feature, and S for all samples or for each. */
export interface OverLargerWeights {
  readonly factor: NdArray;
  readonly added: NdArray;
  readonly least: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

/**
 * γ x / max(B, w x + S) + β of [samples, positions, features], for S in [features] or [samples, features], in one pass. The
 * gradient of x is that beside constant B and S. Sums are in float64.
 */
export function overLarger(x: NdArray, { factor, added, least, gain, shift }: OverLargerWeights) {
  const [samples = 0, positions = 0, n = 0] = x.shape;
  for (const [name, weight] of Object.entries({ factor, least, gain, shift }))
    if (weight) demandShapeOf(`overLarger.${name}`, weight, [n]);
  const isShared = added.shape.length === 1;
  demandShapeOf('overLarger.added', added, isShared ? [n] : [samples, n]);
  // The kernels read x and its weights in one dtype.
  const own = (weight: NdArray) => flat(cast(weight, x.dtype));
  const task = (): kernels.Larger => ({
    x: flat(x),
    n,
    positions,
    factor: own(factor),
    added: own(added),
    least: own(least),
    gain: gain && own(gain),
    shift: shift && own(shift),
  });
  const value = emptyLike(x);
  kernels.overLarger(task(), value.store.numbers);
  return {
    value,
    pullback(g: NdArray) {
      demandShapeOf('overLarger.gradient', g, x.shape);
      const ofX = emptyLike(x);
      const sums = (shape: readonly number[]) => empty(shape, 'float64');
      const ofAdded = isShared ? undefined : sums([samples, n]);
      const [ofLeast, ofFactor, ofGain, ofShift] = [sums([n]), sums([n]), sums([n]), sums([n])];
      const numbers = (a: typeof ofLeast) => a.store.numbers as Float64Array;
      kernels.overLargerBack(task(), flat(cast(g, x.dtype)), {
        ofX: ofX.store.numbers,
        ofAdded: ofAdded && numbers(ofAdded),
        ofLeast: numbers(ofLeast),
        ofFactor: numbers(ofFactor),
        ofGain: numbers(ofGain),
        ofShift: numbers(ofShift),
      });
      return {
        x: ofX,
        /** Minus the gradients of S, if each sample has its own, and of B. */
        added: ofAdded,
        least: ofLeast,
        factor: ofFactor,
        gain: gain && ofGain,
        shift: shift && ofShift,
      };
    },
  };
}
