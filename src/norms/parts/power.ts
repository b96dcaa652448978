import {
  type NdArray,
  type Weights,
  across,
  cast,
  div,
  divideBack,
  finite,
  flat,
  mended,
  mendedShort,
  map,
  mul,
  normalize,
  onto,
  reshape,
  sub,
  sumTo,
  zip,
  zip3,
} from '../../array/index.js';
import { allButFeatures } from './axes.js';
import { contract } from './affine.js';
import { countedRows } from './masked.js';
import { standardizeBy } from './running.js';

const wide = (a: NdArray): NdArray => cast(a, 'float64');

/** The mean squares of every feature of a batch, of the positions that count. */
export interface MeanSquares {
  /** How many positions count. */
  readonly count: number;
  readonly value: NdArray;
  /** A share of them in float64, which may be finite if they are not. */
  share(part: number): NdArray;
  /** Their roots, and N = √(mean(x²) + ε), in float64. */
  readonly root: NdArray;
  readonly length: NdArray;
}

/** The mean of x² over all positions that count; undefined if none does. */
export function meanSquares(
  x: NdArray,
  axis: number,
  epsilon: number,
  mask: NdArray | undefined,
): MeanSquares | undefined {
  const rows = mask && countedRows(x, axis, mask);
  if (rows?.shape[0] === 0) return undefined;
  const recipe = { centered: false, total: 'mean', bound: 'added', epsilon } as const;
  const found = rows ? normalize(rows, 0, recipe) : normalize(x, allButFeatures(x.shape, axis), recipe);
  const own = (a: NdArray) => reshape(a, [a.size]);
  const [squares, length] = [own(found.powerShare(1)), own(found.moments().length)];
  return {
    count: (rows ?? x).size / squares.size,
    value: cast(squares, x.dtype),
    share: (part) => own(found.powerShare(part)),
    // Relative to a square that overflows, ε is negligible.
    root: zip(squares, length, (square, N) => (Number.isFinite(square) ? Math.sqrt(square) : N)),
    length,
  };
}

/** x with 0 for NaN and ∞ at positions that do not count: no gradient reads these. */
export const withoutHidden = (x: NdArray, axis: number, mask: NdArray | undefined): NdArray =>
  !mask || finite(x)
    ? x
    : zip3(x, reshape(mask, across(x.shape, axis)), x, (value, on) =>
        on === 0 && !Number.isFinite(value) ? 0 : value,
      );

/** The share ν of x̂ that the backward pass takes off, at the positions that count, and N of every feature. */
interface Drag {
  readonly length: NdArray;
  readonly mean: NdArray | undefined;
  readonly mask: NdArray | undefined;
}

/**
 * y = γ x / N + β along one axis, with constant N. The backward pass is approximate: it takes ν x̂ off, at the positions
 * that count.
 *
 *     dx = (γ dy − ν x̂) / N
 */
export function divideByRunning(
  x: NdArray,
  { length, mean, mask }: Drag,
  weights: Weights & { readonly along: number },
) {
  const { gain, shift, along: axis } = weights;
  const shape = onto(x.shape, axis);
  const axes = allButFeatures(x.shape, axis);
  const plain = standardizeBy(x, { mean: map(length, () => 0), length }, weights);
  const r = reshape(
    map(length, (N) => 1 / N),
    shape,
  );
  const seen = withoutHidden(x, axis, mask);
  const counted = mask ? mul(seen, reshape(mask, across(x.shape, axis))) : seen;
  const shares = mean && zip(reshape(wide(mean), shape), r, (nu, share) => nu * share);
  const [gamma, ones] = [gain && reshape(wide(gain), shape), map(reshape(r, across(x.shape, axes)), () => 1)];
  const factor = cast(reshape(gamma ? mul(gamma, r) : r, length.shape), x.dtype);
  /** The gradients of γ x / N + β, with γ / N as one factor if it keeps its digits. */
  function pulledBy(g: NdArray) {
    if (!isModerate(factor)) return plain.pullback(g);
    const fused = divideBack(seen, axes, ones, { gain: factor, shift, along: axis }, g);
    const product = fused ? fused.gain! : cast(sumTo(mul(wide(g), wide(seen)), shape), x.dtype);
    return {
      x: fused ? fused.x : mul(g, reshape(factor, shape)),
      gain: gain && cast(reshape(mul(wide(reshape(product, shape)), r), gain.shape), x.dtype),
      shift: shift && (fused ? fused.shift! : reshape(sumTo(g, shape), shift.shape)),
    };
  }
  return {
    value: plain.value,
    pullback(g: NdArray) {
      const pulled = pulledBy(g);
      const h = (a: NdArray) => (gamma ? mul(a, gamma) : a);
      return {
        x: shares
          ? mendedShort(sub(pulled.x, mul(counted, cast(mul(shares, r), x.dtype))), (short) =>
              sub(mul(h(short(g)), r), mul(mul(short(counted), r), shares)),
            )
          : pulled.x,
        gain:
          pulled.gain &&
          mendedShort(pulled.gain, (short, to) =>
            reshape(contract(mul(to(g), r), short(seen), shape), pulled.gain!.shape),
          ),
        shift: pulled.shift,
      };
    },
  };
}

/** Whether factors of features neither overflow nor lose digits in their dtype. */
const isModerate = (factor: NdArray): boolean =>
  flat(factor).every((k) => k === 0 || (Math.abs(k) > 2 ** -60 && Math.abs(k) < 2 ** 60));

/** The numbers of one call from which the backward pass moves ν. */
interface Moved {
  readonly x: NdArray;
  readonly gain: NdArray | undefined;
  readonly axis: number;
  readonly squares: MeanSquares;
  readonly length: NdArray;
  readonly momentum: number;
}

/** ν (1 − (1 − m) Γ) + (1 − m) Λ, with Γ = mean(x̂²) and Λ = mean(γ dy x̂). */
export function movedMean(
  mean: NdArray,
  { x, gain, axis, squares, length, momentum }: Moved,
  gradient: NdArray,
): NdArray {
  if (momentum === 1) return mean;
  const shape = onto(x.shape, axis);
  const [products, own] = [wide(contract(gradient, x, shape)), gain && wide(gain)];
  const factor = map(
    own ? div(own, length) : map(length, (N) => 1 / N),
    (k) => ((1 - momentum) * k) / squares.count,
  );
  // Σ dy x may overflow even if its product with γ / N does not.
  const pulled = mended(mul(reshape(products, [mean.size]), factor), () =>
    reshape(contract(wide(gradient), mul(wide(x), reshape(factor, shape)), shape), [mean.size]),
  );
  const ratios = div(squares.root, length);
  const moved = zip3(wide(mean), pulled, ratios, (nu, added, ratio) => {
    const gone = nu === 0 ? 0 : (1 - momentum) * nu * ratio * ratio;
    return nu - gone + added;
  });
  return cast(moved, mean.dtype);
}
