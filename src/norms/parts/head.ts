import {
  type NdArray,
  Unbounded,
  type Weights,
  add,
  areTame,
  cast,
  contiguous,
  div,
  filled,
  flat,
  full,
  mended,
  mendedShort,
  mul,
  normalizeBy,
  onAxis,
  onto,
  placed,
  put,
  reshape,
  scale,
  sliceView,
  sum,
  sumTo,
} from '../../array/index.js';
import { affine } from './affine.js';
import { unitize } from './normalize.js';

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/**
 * γ ⊙ x̂ + β for x̂ = x / N, where N = √(mean(h²) + ε) is that of the first k numbers h along the axis. The other x̂ have no
 * bound: what overflows is computed again without one, since γ or a gradient may bring it back.
 */
export function unitizeByHead(x: NdArray, axis: number, k: number, epsilon: number, weights: Weights) {
  const { gain, shift } = weights;
  const own = onto(x.shape, weights.along);
  const ranges = onAxis(axis, x.shape.length, [0, k]);
  const head = contiguous(sliceView(x, ranges));
  const { length } = unitize(head, axis, epsilon, 'mean');
  const rows = length.size;
  const fused = areTame(x.dtype, [gain, shift])
    ? normalizeBy(x, axis, { mean: new Float64Array(rows), length: flat(length) }, weights)
    : undefined;
  let known: ReturnType<typeof affine> | undefined;
  /** γ x̂ where no kernel computes it together with β. */
  const grown = () => (known ??= affine(div(x, length), weights.along, gain));
  const shifted = (a: NdArray) => (shift ? add(a, reshape(shift, own)) : a);

  /** dx̂ / N, the gradients of γ and β, and Σ dx̂ x̂, where dx̂ x̂ is dy γ x̂. */
  const direct = (g: NdArray) => {
    if (fused) {
      const turns = filled(fused.sums(g).along, length.shape, 'float64');
      return { ...fused.back(g), along: turns };
    }
    const { x: ofUnit, gain: ofGain } = grown().pullback(g);
    const ofShift = shift && reshape(sumTo(g, own), shift.shape);
    const turns = wide(sum(mul(g, grown().value), axis));
    return { x: div(ofUnit, length), gain: ofGain, shift: ofShift, along: turns };
  };

  return {
    value: mendedShort(fused?.value ?? shifted(grown().value), (short, to) => {
      const product = gain ? mul(to(x), reshape(short(gain), own)) : short(x);
      const quotient = div(product, to(length));
      return shift ? add(quotient, reshape(short(shift), own)) : quotient;
    }),
    pullback(g: NdArray) {
      const { x: part, gain: ofGain, shift: ofShift, along } = direct(g);
      const careful = () => {
        const [X, N] = [x, length].map((a) => Unbounded.of(a)) as [Unbounded, Unbounded];
        const dy = Unbounded.of(g);
        const h = gain ? dy.times(Unbounded.of(reshape(gain, own))) : dy;
        const along = h.times(X).over(N).sumTo(length.shape).over(N).over(N);
        const ofLength = along.over(Unbounded.of(full(length.shape, k, 'float64')));
        const alone = (a: NdArray) => placed(wide(a), x.shape, (zeros) => sliceView(zeros, ranges));
        // What is infinite or NaN in a sum reaches the head alone.
        const ofHead = Unbounded.of(alone(head))
          .times(ofLength)
          .only(alone(full(head.shape, 1, 'float64')));
        return h.over(N).minus(ofHead).rounded('float64');
      };
      // dx = dx̂ / N, less x̂ Σ dx̂ x̂ / (k N) in the head: in float64, where an x̂ next to nothing keeps its digits.
      const unit = scale(div(wide(head), wide(length)), -1 / k);
      const place = sliceView(part, ranges);
      put(add(place, cast(div(mul(unit, along), wide(length)), part.dtype)), place);
      return {
        x: cast(mended(part, careful), x.dtype),
        gain:
          ofGain &&
          mendedShort(ofGain, (short, to) =>
            reshape(sumTo(mul(div(short(g), to(length)), to(x)), own), ofGain.shape),
          ),
        shift: ofShift,
      };
    },
  };
}
