import { type NdArray, reshape } from '../../array/index.js';
import { unitizeWith } from './normalize.js';
import { type Split, splitShape, withinGroup } from './split.js';

/** γ ⊙ x̂ for x̂ = x / N, where each group of neighbouring features of a position has an N of its own. */
export function unitizeGroups(x: NdArray, split: Split, epsilon: number, gain?: NdArray) {
  const { axis, groups } = split;
  if (groups === 1) return unitizeWith(x, axis, epsilon, 'mean', { gain, along: axis });
  const shape = splitShape(x.shape, split);
  const within = withinGroup(x.shape, axis);
  const weights = { gain, along: [within - 1, within] };
  const unit = unitizeWith(reshape(x, shape), within, epsilon, 'mean', weights);
  return {
    value: reshape(unit.value, x.shape),
    pullback(gradient: NdArray) {
      const pulled = unit.pullback(reshape(gradient, shape));
      return {
        x: reshape(pulled.x, x.shape),
        gain: pulled.gain && reshape(pulled.gain, gain!.shape),
      };
    },
  };
}
