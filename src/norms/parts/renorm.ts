import {
  type Axes,
  type Dtype,
  type NdArray,
  SHORT,
  type Weights,
  add,
  cast,
  flat,
  magnitude,
  map,
  maximum,
  mended,
  mul,
  onto,
  reshape,
  scale,
  sub,
  zip,
  zip3,
} from '../../array/index.js';
import { affine } from './affine.js';
import { standardizeWhere } from './masked.js';

/** The limits of r and d; null for none. */
export interface Limits {
  readonly rMin: number | null;
  readonly rMax: number | null;
  readonly dMax: number | null;
}

/** Statistics of every feature: a mean, and in float64 a length that x − mean is divided by. */
interface Moments {
  readonly mean: NdArray;
  readonly length: NdArray;
}

/** σ: the running deviation, or √ε if that is larger. */
export const leastLength = (deviation: NdArray, epsilon: number): NdArray =>
  map(cast(deviation, 'float64'), (value) => Math.max(value, Math.sqrt(epsilon)));

/** The unit in which r and d without limits do not overflow. */
const SMALL = 2 ** -600;

const clipped = (a: NdArray, from: number, to: number): NdArray =>
  map(a, (value) => Math.min(Math.max(value, from), to));

/** Keeps a gradient from being subnormal when it is divided by N. */
const LARGE = 2 ** 100;

/** Factors and offsets below this bring no product with an x̂ and a gradient near the largest number. */
const TAME: Readonly<Record<Dtype, number>> = { float32: 2 ** 96, float64: 2 ** 400 };

/** The power of two that the largest number of an array is near to; 1 for zeros. */
const sizeOf = (a: NdArray): number => flat(magnitude(a, [...a.shape.keys()]))[0]!;

/** r = N / σ and d = (x̄ − μ) / σ within their limits, all in a unit that is a power of two. */
function corrections(batch: Moments, running: Moments, { rMin, rMax, dMax }: Limits, unit: number) {
  const perLength = (a: NdArray) => zip(a, running.length, (value, length) => value / length);
  const least = rMin ?? (rMax === null ? 0 : 1 / rMax);
  const most = (dMax ?? Infinity) * unit;
  return {
    r: clipped(perLength(scale(batch.length, unit)), least * unit, (rMax ?? Infinity) * unit),
    d: clipped(perLength(sub(scale(batch.mean, unit), scale(running.mean, unit))), -most, most),
  };
}

/**
 * y = γ (r x̂ + d) + β along one axis, with the x̂ of a batch by the positions that count; r and d, which are made of
 * the statistics of the batch and the running ones, are constants of the backward pass.
 *
 *     dγ = r Σ dy x̂ + d Σ dy   y = γ (r x̂ + d) + β
 *     dx̂ = γ r dy
 *
 * One pass takes the statistics, and the next has r γ for gain and d γ + β for shift.
 */
export function renormalize(
  mask: NdArray | undefined,
  x: NdArray,
  axes: Axes,
  epsilon: number,
  { gain, shift, along }: Weights,
  running: Moments,
  limits: Limits,
) {
  const wide = (a: NdArray) => reshape(cast(a, 'float64'), running.length.shape);
  const [gamma, beta] = [gain && wide(gain), shift && wide(shift)];
  const plain = standardizeWhere(mask, x, axes, epsilon, { along });
  const { center, length } = plain.moments();
  const batch = { mean: wide(center), length: wide(length) };
  const known = { mean: wide(running.mean), length: running.length };
  const counts = !mask || flat(mask).some((on) => on === 1);
  const inUnits = (unit: number) => {
    const { r, d } = corrections(batch, known, limits, unit);
    return { r, d: counts ? d : scale(d, 0) };
  };
  const { r, d } = inUnits(1);
  const grown = (a: NdArray) => (gamma ? mul(gamma, a) : a);
  const [factor, offset] = [grown(r), beta ? add(grown(d), beta) : grown(d)];
  // What may overflow is computed apart, feature by feature, so that the others have the same bits beside it.
  const wild = (a: NdArray) => map(a, (value) => Number(!(Math.abs(value) < TAME[x.dtype])));
  const [wildFactor, wildOffset] = [wild(factor), wild(offset)];
  const tame = (a: NdArray, where: NdArray) => zip(a, where, (value, out) => (out ? 0 : value));
  const fused = standardizeWhere(mask, x, axes, epsilon, {
    gain: tame(factor, wildFactor),
    shift: tame(offset, wildOffset),
    along,
  });
  const spread = (a: NdArray) => reshape(a, onto(x.shape, along));
  const overlaid = (own: NdArray, where: NdArray, apart: () => NdArray): NdArray =>
    flat(where).some((out) => out === 1)
      ? zip3(own, cast(apart(), x.dtype), cast(spread(where), x.dtype), (a, b, out) => (out ? b : a))
      : own;
  return {
    value: overlaid(fused.value, maximum(wildFactor, wildOffset), () => {
      const small = inUnits(SMALL);
      const corrected = add(mul(cast(plain.value, 'float64'), spread(small.r)), spread(small.d));
      const { value } = affine(corrected, along, gamma, beta && scale(beta, SMALL));
      return scale(value, 1 / SMALL);
    }),
    pullback(gradient: NdArray) {
      const pulled = fused.pullback(gradient);
      const ofGain = ({ gain: ofUnit, shift: ofShift }: typeof pulled) => {
        const sum = (own: { readonly r: NdArray; readonly d: NdArray }) =>
          add(mul(own.r, wide(ofUnit!)), mul(own.d, wide(ofShift!)));
        return mended(sum({ r, d }), () => scale(sum(inUnits(SMALL)), 1 / SMALL));
      };
      return {
        x: overlaid(pulled.x, wildFactor, () => {
          // γ dy is brought near 1, and a little above, where its quotient by N is not subnormal before r multiplies it.
          const dy = cast(gradient, 'float64');
          const [ofGain, ofSlope] = [gamma ? sizeOf(gamma) : 1, sizeOf(dy)];
          const unit = standardizeWhere(mask, cast(x, 'float64'), axes, epsilon, {
            gain: gamma && scale(gamma, 1 / ofGain),
            along,
          });
          const ofX = mul(unit.pullback(scale(dy, LARGE / ofSlope)).x, spread(inUnits(SMALL).r));
          return scale(scale(scale(ofX, 1 / SMALL / LARGE), ofSlope), ofGain);
        }),
        // Σ dy x̂ may overflow although r brings it back into range.
        gain:
          gain &&
          cast(
            mended(ofGain(pulled), () => scale(ofGain(fused.pullback(scale(gradient, SHORT))), 1 / SHORT)),
            x.dtype,
          ),
        shift: shift && pulled.shift,
      };
    },
    /** Whether any position counts: otherwise the batch has no statistics. */
    counts,
    mean: () => cast(batch.mean, x.dtype),
    length: () => cast(batch.length, x.dtype),
  };
}
