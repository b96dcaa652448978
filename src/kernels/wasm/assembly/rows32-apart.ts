// Rare cases of the backward pass of rows of float32: a row in float64, and the sums of a row alone.
import { center as centerOf, live as liveOf, root as rootOf } from './measures';
import { addTo } from './partials';
import { keep } from './rows32-spread';
import { unit } from './vectors';

/** A whole row in float64, whose numbers leave the range of float32; see `back` on what is taken. */
export function wide(
  dy: usize, x: usize, gamma: usize, row: usize, dx: usize, dgamma: usize, dbeta: usize, n: i32,
  centered: bool, share: f64, push: f64, taken: usize, apart: usize,
): void {
  const center = centerOf(row), root = rootOf(row), live = liveOf(row), bytes = <usize>n << 2;
  let sum: f64 = 0, radial: f64 = 0;
  for (let j: usize = 0; j < bytes; j += 4) {
    const d = <f64>load<f32>(dy + j), v = (<f64>load<f32>(x + j) - center) / root, at = j + j;
    const g = gamma ? d * <f64>load<f32>(gamma + j) : d;
    sum += g;
    radial += g * v;
    if (dgamma) store<f64>(dgamma + at, load<f64>(dgamma + at) + d * v);
    if (dbeta) store<f64>(dbeta + at, load<f64>(dbeta + at) + d);
  }
  if (!dx) {
    keep(sum, radial);
    return;
  }
  const offset = taken ? load<f64>(taken) : centered ? sum / <f64>n : 0;
  radial = taken ? load<f64>(taken + apart) : live ? radial * share * live : 0;
  for (let j: usize = 0; j < bytes; j += 4) {
    const d = <f64>load<f32>(dy + j), v = (<f64>load<f32>(x + j) - center) / root;
    const g = gamma ? d * <f64>load<f32>(gamma + j) : d;
    store<f32>(dx + j, <f32>((g - offset - v * radial) / root + push * v));
  }
}

/** dγ += dy·x̂ and dβ += dy, unless they are at 0; products in float32, sums in float64. */
export function sums(dy: usize, x: usize, row: usize, dgamma: usize, dbeta: usize, n: i32): void {
  const whole = <usize>(n & ~3) << 2, bytes = <usize>n << 2;
  const center = centerOf(row), hi = <f32>center, lo = <f32>(center - <f64>hi), r = <f32>(1 / rootOf(row));
  const h = f32x4.splat(hi), l = f32x4.splat(-lo * r), s = f32x4.splat(r);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = v128.load(dy + j);
    if (dgamma) addTo(dgamma + j + j, f32x4.mul(d, unit(v128.load(x + j), h, l, s)));
    if (dbeta) addTo(dbeta + j + j, d);
  }
  for (; j < bytes; j += 4) {
    const d = load<f32>(dy + j), at = j + j;
    if (dgamma) store<f64>(dgamma + at, load<f64>(dgamma + at) + <f64>(d * ((load<f32>(x + j) - hi - lo) * r)));
    if (dbeta) store<f64>(dbeta + at, load<f64>(dbeta + at) + <f64>d);
  }
}
