import {
  type Axes,
  type NdArray,
  broadcastTo,
  cast,
  div,
  mul,
  onto,
  reshape,
  scale,
  total,
  zip,
} from '../../array/index.js';
import { contract } from './affine.js';
import { unitizeWhere } from './masked.js';

/** What an ε that a norm learns adds to the mean square, from its options and weights. */
interface Added {
  readonly axes: Axes;
  readonly gain: NdArray | undefined;
  readonly along: Axes;
  /** Their sum. */
  readonly epsilon: number;
}

/** Σ dN / (2 N) for x̂ = x / N with N² = mean(x²) + ε, from the gradient of γ x̂: the gradient of ε. */
export function gradientOfEpsilon(
  mask: NdArray | undefined,
  x: NdArray,
  gradient: NdArray,
  { axes, gain, along, epsilon }: Added,
): NdArray {
  const unit = unitizeWhere(mask, x, axes, epsilon, { along });
  const { length } = unit.moments();
  // NaN and ∞ that do not count reach no gradient.
  const seen = mask
    ? zip(unit.value, broadcastTo(cast(mask, x.dtype), x.shape), (value, on) =>
        on || Number.isFinite(value) ? value : 0,
      )
    : unit.value;
  const g = cast(gradient, 'float64');
  const ofUnit = gain ? mul(g, cast(reshape(gain, onto(x.shape, along)), 'float64')) : g;
  const inner = contract(ofUnit, cast(seen, 'float64'), length.shape);
  return cast(scale(total(div(div(inner, length), length)), -0.5), x.dtype);
}
