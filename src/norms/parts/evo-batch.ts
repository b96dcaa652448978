import {
  type Dtype,
  type NdArray,
  ROUNDOFF,
  add,
  broadcastTo,
  cast,
  div,
  flat,
  full,
  maximum,
  mul,
  onto,
  reshape,
  scale,
  sub,
  sumOfProducts,
  sumTo,
  zip,
} from '../../array/index.js';
import {
  FAR,
  MODERATE,
  anyBeyond,
  bounded,
  either,
  groupsBeyond,
  lengthsBeyond,
  widerApart,
} from './apart.js';
import { allButFeatures, positionsOf } from './axes.js';
import { dividedUnbounded } from './evo-batch-unbounded.js';
import { hiding, standardizeWhere } from './masked.js';
import { rootOf } from './running.js';
import { partAbove } from './threshold.js';

/** The weights of y = γ x / max(B, w x + S) + β. */
export interface LargerWeights {
  readonly factor: NdArray;
  readonly gain: NdArray | undefined;
  readonly shift: NdArray | undefined;
}

export type LargerGradients = Readonly<
  Record<'x' | 'factor', NdArray> & Record<'gain' | 'shift', NdArray | undefined>
>;

export interface Larger {
  readonly axis: number;
  readonly epsilon: number;
  /** The running variance; undefined for that of the batch. */
  readonly running: NdArray | undefined;
}

/**
 * The range of x and B in which x̂ stays beside moderate weights. It is wide, since scaling x by a and ε by a² is to change no
 * bit.
 */
const ROOM: Readonly<Record<Dtype, { readonly largest: number; readonly least: number }>> = {
  float32: { largest: 2 ** 100, least: 2 ** -60 },
  float64: { largest: 2 ** 800, least: 2 ** -200 },
};

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/**
 * y = γ x / D + β with D = max(B, w x + S), where B is the root of the variance of the batch and ε, and S that of the
 * sample. A group that leaves the range of its dtype is computed in a wider one: a feature of the batch or, with a
 * running variance, of a sample.
 */
export function divideByLarger(
  mask: NdArray | undefined,
  x: NdArray,
  weights: LargerWeights,
  options: Larger,
): Applied<LargerGradients> & { readonly batch: ReturnType<typeof standardizeWhere> | undefined } {
  const plain = divided(mask, x, weights, options);
  const { factor, gain, shift } = weights;
  const { value, pullback } = widerApart<LargerGradients>(plain, () =>
    x.dtype === 'float64'
      ? dividedUnbounded(mask, x, weights, options)
      : divideByLarger(
          mask,
          wide(x),
          { factor: wide(factor), gain: gain && wide(gain), shift: shift && wide(shift) },
          options,
        ),
  );
  return {
    batch: plain.batch,
    value,
    pullback(gradient: NdArray) {
      const pulled = pullback(gradient);
      // It grows with the square of what does not count by a mask, beyond all numbers.
      return { ...pulled, factor: bounded(pulled.factor) };
    },
  };
}

/** The same in the range of a dtype. */
function divided(
  mask: NdArray | undefined,
  given: NdArray,
  { factor, gain, shift }: LargerWeights,
  { axis, epsilon, running }: Larger,
) {
  const { shape, dtype } = given;
  const own = onto(shape, axis);
  const laid = (a: NdArray) => reshape(cast(a, dtype), own);
  const positions = positionsOf(shape, axis);
  const others = allButFeatures(shape, axis);
  const count = mask && sumTo(broadcastTo(wide(mask), shape), onto(shape, [0, axis]));
  const { x, cover } = mask && count ? hiding(given, wide(mask), count) : { x: given, cover: undefined };
  // If no position of a sample counts, x̂ is 0.
  const isPartial = count !== undefined && flat(count).includes(0);
  const known = (a: NdArray) =>
    isPartial ? zip(a, cast(count, a.dtype), (value, total) => (total > 0 ? value : 0)) : a;

  // A single position has no variance.
  const isSingle = positions.every((i) => shape[i] === 1);
  const instance = isSingle ? undefined : standardizeWhere(mask, x, positions, epsilon, { along: axis });
  const batch = running ? undefined : standardizeWhere(mask, x, others, epsilon, { along: axis });
  const [w, gamma, beta] = [laid(factor), gain && laid(gain), shift && laid(shift)];
  const ofSample = instance?.moments();
  const S = ofSample ? cast(ofSample.length, dtype) : full(own, Math.sqrt(epsilon), dtype);
  const ofBatch = batch?.moments();
  const lengths = ofBatch ? ofBatch.length : reshape(rootOf(running!, epsilon), own);
  const B = cast(lengths, dtype);
  const R = sumOfProducts(x, w, undefined, S);
  const divisor = maximum(R, B);
  const unit = known(div(x, divisor));
  const grown = gamma ? (beta ? sumOfProducts(unit, gamma, undefined, beta) : mul(unit, gamma)) : unit;
  const value = beta && !gamma ? add(grown, beta) : grown;

  const group = running ? positions : others;
  const [most, { largest, least }] = [MODERATE[dtype], ROOM[dtype]];
  const center = ofBatch?.center ?? scale(lengths, 0);
  const lost = anyBeyond([factor, gain], most)
    ? full(onto(shape, []), 1, 'float64')
    : lengthsBeyond({ center, length: lengths }, least, FAR[dtype]);
  const beyond = (by?: NdArray) =>
    either(lost, groupsBeyond(x, largest, group, by), groupsBeyond(unit, FAR[dtype], group, by));

  /** The part of x in the gradient of a root of a variance: m (x − x̄) / N · dN / W. */
  const through = (centered: NdArray, ofRoot: NdArray): NdArray => {
    if (!mask) return mul(centered, scale(ofRoot, ofRoot.size / x.size));
    const counts = sumTo(broadcastTo(wide(mask), shape), ofRoot.shape);
    const share = zip(wide(ofRoot), counts, (a, W) => (W > 0 ? a / W : 0));
    return zip(mul(centered, cast(share, dtype)), broadcastTo(cast(mask, dtype), shape), (a, on) =>
      on ? a : 0,
    );
  };

  return {
    batch,
    value: cover ? cover(value, NaN) : value,
    apart: beyond(mask),
    apartBack: (dy: NdArray) => either(beyond(), groupsBeyond(dy, most, group)),
    pullback(gradient: NdArray) {
      const dy = cast(gradient, dtype);
      const direct = known(div(gamma ? mul(dy, gamma) : dy, divisor));
      // Where D is R, 1 − w x / R is S / R, which keeps its digits.
      const ofLarger = partAbove(direct, sub(R, B));
      const ofOther = sub(direct, ofLarger);
      const ofR = mul(ofLarger, unit);
      const near = add(ofOther, div(mul(ofLarger, S), divisor));
      const nearer = instance ? sub(near, through(instance.value, sumTo(ofR, S.shape))) : near;
      const ofX = batch ? sub(nearer, through(batch.value, sumTo(mul(ofOther, unit), own))) : nearer;
      return {
        x: cover ? cover(ofX, 0) : ofX,
        gain: gain && reshape(sumTo(mul(dy, unit), own), gain.shape),
        shift: shift && reshape(sumTo(dy, own), shift.shape),
        factor: scale(reshape(sumTo(mul(ofR, x), own), factor.shape), -1),
      };
    },
  };
}

/**
 * A bound on the distance of x and w from the nearest at which B and w x + S are equal: no slope of the latter exceeds the
 * divisor. 0 if rounding decides which is larger.
 */
export function largerGap(
  mask: NdArray | undefined,
  x: NdArray,
  factor: NdArray,
  { axis, epsilon, running }: Larger,
): number {
  const own = onto(x.shape, axis);
  const spread = (a: NdArray): ArrayLike<number> => flat(broadcastTo(wide(a), x.shape));
  const rootOver = (axes: readonly number[]): NdArray =>
    standardizeWhere(mask, x, axes, epsilon, { along: axis }).moments().length;
  const S = spread(rootOver(positionsOf(x.shape, axis)));
  const B = spread(
    running ? reshape(rootOf(running, epsilon), own) : rootOver(allButFeatures(x.shape, axis)),
  );
  const w = spread(reshape(factor, own));
  const rounding = (x.size + 32) * ROUNDOFF[x.dtype];
  const gaps = Array.from(spread(x), (value, i) => {
    const product = w[i]! * value;
    const size = Math.abs(product) + S[i]! + B[i]!;
    const gap = Math.abs(product + S[i]! - B[i]!) - rounding * size;
    return Math.max(0, gap) / Math.max(2 + Math.abs(w[i]!), Math.abs(value));
  });
  return Math.min(...gaps);
}
