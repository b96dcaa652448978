import {
  type Dtype,
  type NdArray,
  broadcastTo,
  cast,
  div,
  full,
  kept,
  map,
  mul,
  overLarger,
  reshape,
  scale,
  sub,
  sumTo,
} from '../../array/index.js';
import {
  type Applied,
  FAR,
  MODERATE,
  anyBeyond,
  bounded,
  either,
  groupsBeyond,
  lengthsBeyond,
  widerApart,
} from './apart.js';
import { byPosition } from './by-position.js';
import { counted } from './counted.js';
import type { Larger, LargerGradients, LargerWeights } from './evo-weights.js';
import { dividedUnbounded } from './evo-batch-unbounded.js';
import { standardizeWhere } from './masked.js';
import { rootOf } from './running.js';

/** The statistics of a batch. */
type Batch = ReturnType<typeof standardizeWhere>;

type Divided = Applied<LargerGradients> & { readonly batch: Batch | undefined };

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
  { axis, ...options }: Larger & { readonly axis: number },
): Divided {
  const { lay, restore, layMask } = byPosition(x.shape, axis);
  const { batch, value, pullback } = inSomeRange(mask && layMask(mask), lay(x), weights, options);
  return {
    batch,
    value: restore(value),
    pullback(gradient) {
      const pulled = pullback(lay(gradient));
      // Its gradient grows with the square of what does not count by a mask, beyond all numbers.
      return { ...pulled, x: restore(pulled.x), factor: bounded(pulled.factor) };
    },
  };
}

/** The same of [samples, positions, features]. */
function inSomeRange(
  mask: NdArray | undefined,
  x: NdArray,
  weights: LargerWeights,
  options: Larger,
): Divided {
  const plain = divided(mask, x, weights, options);
  const { factor, gain, shift } = weights;
  const chosen = widerApart<LargerGradients>(plain, () =>
    x.dtype === 'float64'
      ? dividedUnbounded(mask, x, weights, options)
      : inSomeRange(
          mask,
          wide(x),
          { factor: wide(factor), gain: gain && wide(gain), shift: shift && wide(shift) },
          options,
        ),
  );
  return { batch: plain.batch, ...chosen };
}

/** The same in the range of a dtype. */
function divided(
  mask: NdArray | undefined,
  given: NdArray,
  { factor, gain, shift }: LargerWeights,
  { epsilon, running }: Larger,
) {
  const { shape, dtype } = given;
  const [samples = 0, positions = 0, features = 0] = shape;
  const own = [1, 1, features];
  const { x, ...shown } = counted(given, mask);

  // A single position has no variance.
  const instance = positions === 1 ? undefined : standardizeWhere(mask, x, [1], epsilon, { along: 2 });
  const batch = running ? undefined : standardizeWhere(mask, x, [0, 1], epsilon, { along: 2 });
  const ofBatch = batch?.moments();
  const B = ofBatch ? ofBatch.length : reshape(rootOf(running!, epsilon), own);
  const { value, pullback } = overLarger(x, {
    factor,
    added: instance
      ? reshape(instance.moments().length, [samples, features])
      : full([features], Math.sqrt(epsilon), dtype),
    least: reshape(B, [features]),
    gain,
    shift,
  });

  const group = running ? [1] : [0, 1];
  const [most, far, { largest, least }] = [MODERATE[dtype], FAR[dtype], ROOM[dtype]];
  const center = ofBatch?.center ?? scale(B, 0);
  const lost = anyBeyond([factor, gain], most)
    ? full([1, 1, 1], 1, 'float64')
    : lengthsBeyond({ center, length: B }, least, far);
  // The numbers that B is a length of are not far from their mean.
  const isFree = running !== undefined || mask !== undefined;
  const beyond = (by?: NdArray) =>
    either(
      lost,
      groupsBeyond(x, largest, group, by),
      isFree ? groupsBeyond(div(x, cast(B, dtype)), far, group, by) : undefined,
    );

  /** The part of x in the gradient of a root of a variance, from minus that: m (x − x̄) / N · dN / W. */
  const through = (centered: NdArray, ofRoot: NdArray): NdArray => {
    const counts = mask && map(sumTo(broadcastTo(wide(mask), shape), ofRoot.shape), (W) => W || 1);
    const share = counts ? div(ofRoot, counts) : scale(ofRoot, ofRoot.size / x.size);
    const pulled = mul(centered, cast(share, dtype));
    return mask ? kept(pulled, mask) : pulled;
  };

  return {
    batch,
    value: shown.value(value),
    apart: beyond(mask),
    apartBack: (dy: NdArray) => either(beyond(), groupsBeyond(dy, most, group)),
    pullback(dy: NdArray) {
      const pulled = pullback(dy);
      const { added } = pulled;
      const near =
        instance && added
          ? sub(pulled.x, through(instance.value, reshape(added, [samples, 1, features])))
          : pulled.x;
      const ofX = batch ? sub(near, through(batch.value, reshape(pulled.least, own))) : near;
      return {
        x: shown.gradient(ofX),
        gain: pulled.gain && cast(pulled.gain, dtype),
        shift: pulled.shift && cast(pulled.shift, dtype),
        factor: cast(pulled.factor, dtype),
      };
    },
  };
}
