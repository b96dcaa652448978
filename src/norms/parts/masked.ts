import {
  type NdArray,
  type Weights,
  add,
  balance,
  broadcastTo,
  cast,
  div,
  finite,
  map,
  max,
  mul,
  scale,
  square,
  sub,
  sum,
  zip,
} from '../../array/index.js';
import { affine } from './affine.js';

/** Keeps the count of a batch from being 0 if no position of it counts. */
export const FUZZ = 1e-7;

/**
 * Standardizes by the mean μ = Σwx / W and variance v = Σw(x − μ)² / W of the positions that count, where W = Σw + 1e-7;
 * in float64, and in units whose squares stay in range. NaN and ∞ that do not count are read as 0, so that no gradient
 * meets them, and come out as NaN.
 */
export function standardizeWhere(
  mask: NdArray,
  given: NdArray,
  axes: readonly number[],
  epsilon: number,
  { gain, shift, along: own }: Weights,
) {
  const w = cast(broadcastTo(mask, given.shape), 'float64');
  const { x, cover } = hiding(given, w);
  const counting = (a: NdArray) => zip(a, w, (value, on) => (on ? value : 0));
  const wide = cast(x, 'float64');
  const largest = max(map(counting(wide), Math.abs), axes);
  const unit = balance(map(largest, (size) => Math.max(size, Math.sqrt(epsilon))));
  const scaled = mul(wide, unit);

  const weight = map(sum(w, axes), (total) => total + FUZZ);
  const rough = div(sum(counting(scaled), axes), weight);
  const rest = sub(sum(counting(sub(scaled, rough)), axes), scale(rough, FUZZ));
  const mu = add(rough, div(rest, weight));
  const centered = sub(sub(scaled, rough), div(rest, weight));
  const variance = div(sum(square(counting(centered)), axes), weight);
  const root = zip(variance, unit, (v, s) =>
    Math.max(Math.sqrt(v + epsilon * s * s), Math.sqrt(epsilon) * s),
  );
  const normalized = div(centered, root);
  const learned = affine(cast(normalized, x.dtype), own, gain, shift);

  return {
    value: cover(learned.value, NaN),
    center: () => cast(div(mu, unit), x.dtype),
    variance: () => cast(div(div(variance, unit), unit), x.dtype),
    varianceShare: (part: number) => div(div(scale(variance, part), unit), unit),
    // dv/dμ is not 0 here but −2 · 1e-7 μ / W, since W is more than Σw. With r = 1 / N, that makes of dL/dx =
    // r (g − (w / W) (Σg + (x̂ − 1e-7 μ r / W) Σ g x̂)).
    pullback(gradient: NdArray) {
      const { x: ofUnit, ...others } = learned.pullback(gradient);
      const g = cast(ofUnit, 'float64');
      const along = sum(mul(g, normalized), axes);
      const drift = scale(div(mu, mul(root, weight)), FUZZ);
      const pulled = add(sum(g, axes), mul(sub(normalized, drift), along));
      const inner = sub(g, counting(div(pulled, weight)));
      return { x: cover(cast(mul(unit, div(inner, root)), x.dtype), 0), ...others };
    },
  };
}

/** x with 0 for NaN and ∞ that do not count, and a function that covers these positions in another array. */
function hiding(given: NdArray, w: NdArray) {
  if (finite(given)) return { x: given, cover: (a: NdArray) => a };
  const hidden = cast(
    zip(cast(given, 'float64'), w, (value, on) => Number(on === 0 && !Number.isFinite(value))),
    given.dtype,
  );
  const cover = (a: NdArray, by: number) => zip(a, hidden, (value, isHidden) => (isHidden ? by : value));
  return { x: cover(given, 0), cover };
}
