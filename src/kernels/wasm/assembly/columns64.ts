// Normalization of columns of float64, forward and backward; see columns32.ts for the layout.
import { isFarOf, liveOf, markFar, measureOf, rootOf, squared } from './measures';

const LEAST: f64 = 1e-270;
const MOST: f64 = 1e300;

// One row at a time, two columns in the lanes; the last column of an odd number is computed in one lane.

/** Adds d and d² of a row, for d = x − shift. */
function moments(x: usize, inner: i32, shift: usize, sums: usize, squares: usize): void {
  const bytes = <usize>inner << 3, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = f64x2.sub(v128.load(x + j), v128.load(shift + j));
    v128.store(sums + j, f64x2.add(v128.load(sums + j), d));
    v128.store(squares + j, f64x2.add(v128.load(squares + j), f64x2.mul(d, d)));
  }
  if (j < bytes) {
    const d = load<f64>(x + j) - load<f64>(shift + j);
    store<f64>(sums + j, load<f64>(sums + j) + d);
    store<f64>(squares + j, load<f64>(squares + j) + d * d);
  }
}

function allMoments(x: usize, n: i32, inner: i32, shift: usize, sums: usize, squares: usize): void {
  const step = <usize>inner << 3;
  memory.fill(sums, 0, step);
  memory.fill(squares, 0, step);
  for (let i: i32 = 0; i < n; i++) moments(x + <usize>i * step, inner, shift, sums, squares);
}

/** y ← ((x − center) − rest) / N · γ + β. */
function write(
  x: usize, y: usize, inner: i32, center: usize, rest: usize, root: usize, gamma: usize, beta: usize,
): void {
  const bytes = <usize>inner << 3, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = f64x2.sub(f64x2.sub(v128.load(x + j), v128.load(center + j)), v128.load(rest + j));
    const v = f64x2.div(d, v128.load(root + j));
    v128.store(y + j, f64x2.add(f64x2.mul(v, v128.load(gamma + j)), v128.load(beta + j)));
  }
  if (j < bytes) {
    const v = (load<f64>(x + j) - load<f64>(center + j) - load<f64>(rest + j)) / load<f64>(root + j);
    store<f64>(y + j, v * load<f64>(gamma + j) + load<f64>(beta + j));
  }
}

/**
 * normalizeColumns32 in float64, with statistics as in normalizeRows64. Far groups are marked and counted too,
 * and their y means nothing.
 */
export function normalizeColumns64(
  x: usize, gamma: usize, beta: usize, y: usize, measures: usize, work: usize, outer: i32, n: i32, inner: i32,
  centered: bool, sum: bool, bound: i32, epsilon: f64,
): i32 {
  const step = <usize>inner << 3, run = <usize>outer * step, count = <f64>n, gains = work, shifts = work + step;
  for (let j: usize = 0; j < step; j += 8) {
    store<f64>(gains + j, gamma ? load<f64>(gamma + j) : 1);
    store<f64>(shifts + j, beta ? load<f64>(beta + j) : -0.0);
  }
  const others = squared(bound, epsilon);
  let far: i32 = 0;
  for (let o: i32 = 0; o < outer; o++) {
    const centers = measures + <usize>o * step, powers = centers + run, rests = centers + 4 * run;
    memory.fill(centers, 0, step);
    if (centered) {
      memory.copy(centers, x, step);
      allMoments(x, n, inner, centers, rests, powers);
      for (let j: usize = 0; j < step; j += 8) {
        store<f64>(centers + j, load<f64>(centers + j) + load<f64>(rests + j) / count);
      }
    }
    allMoments(x, n, inner, centers, rests, powers);
    for (let j: usize = 0; j < step; j += 8) {
      const off = centered ? load<f64>(rests + j) : 0, rest = off / count;
      const squares = max<f64>(0, load<f64>(powers + j) - off * rest), size = sum ? squares : squares / count;
      measureOf(centers + j, run, load<f64>(centers + j), rest, size, bound, epsilon);
      if (!(size + others > LEAST && squares < MOST)) {
        markFar(centers + j, run);
        far++;
      }
    }
    for (let i: i32 = 0; i < n; i++, x += step, y += step) {
      write(x, y, inner, centers, rests, centers + 2 * run, gains, shifts);
    }
  }
  return far;
}

/** Adds dy and dy·x̂ of a row, for x̂ = (x − x̄)·r: x − x̄ alone may be so small that a product with it loses digits. */
function pulls(
  dy: usize, x: usize, inner: i32, center: usize, rest: usize, rs: usize, sums: usize, radials: usize,
): void {
  const bytes = <usize>inner << 3, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = f64x2.sub(f64x2.sub(v128.load(x + j), v128.load(center + j)), v128.load(rest + j));
    const g = v128.load(dy + j);
    v128.store(sums + j, f64x2.add(v128.load(sums + j), g));
    const v = f64x2.mul(d, v128.load(rs + j));
    v128.store(radials + j, f64x2.add(v128.load(radials + j), f64x2.mul(g, v)));
  }
  if (j < bytes) {
    const d = load<f64>(x + j) - load<f64>(center + j) - load<f64>(rest + j), g = load<f64>(dy + j);
    store<f64>(sums + j, load<f64>(sums + j) + g);
    store<f64>(radials + j, load<f64>(radials + j) + g * (d * load<f64>(rs + j)));
  }
}

/** dx ← (dy − offset)·s − x̂·k, with x̂ = d·r. */
function spread(
  dy: usize, x: usize, dx: usize, inner: i32, center: usize, rest: usize, rs: usize, offsets: usize, ss: usize, ks: usize,
): void {
  const bytes = <usize>inner << 3, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const d = f64x2.sub(f64x2.sub(v128.load(x + j), v128.load(center + j)), v128.load(rest + j));
    const g = f64x2.mul(f64x2.sub(v128.load(dy + j), v128.load(offsets + j)), v128.load(ss + j));
    v128.store(dx + j, f64x2.sub(g, f64x2.mul(f64x2.mul(d, v128.load(rs + j)), v128.load(ks + j))));
  }
  if (j < bytes) {
    const d = load<f64>(x + j) - load<f64>(center + j) - load<f64>(rest + j);
    const g = (load<f64>(dy + j) - load<f64>(offsets + j)) * load<f64>(ss + j);
    store<f64>(dx + j, g - d * load<f64>(rs + j) * load<f64>(ks + j));
  }
}

/**
 * The gradients of normalizeColumns64; see normalizeColumnsBack32. Far groups are left out of dγ
 * and dβ, and their dx means nothing.
 */
export function normalizeColumnsBack64(
  dy: usize, x: usize, gamma: usize, measures: usize, dx: usize, dgamma: usize, dbeta: usize, ofRoot: usize,
  work: usize, outer: i32, n: i32, inner: i32, centered: bool, sum: bool,
): void {
  const step = <usize>inner << 3, run = <usize>outer * step, all = <usize>n * step, count = <f64>n;
  const share: f64 = sum ? 1 : 1 / count;
  const sums = work, radials = sums + step, rs = radials + step, offsets = rs + step, ss = offsets + step, ks = ss + step;
  for (let o: i32 = 0; o < outer; o++, x += all, dy += all) {
    const centers = measures + <usize>o * step, rests = centers + 4 * run;
    memory.fill(work, 0, 2 * step);
    for (let j: usize = 0; j < step; j += 8) store<f64>(rs + j, 1 / rootOf(centers + j, run));
    for (let i: i32 = 0; i < n; i++) {
      pulls(dy + <usize>i * step, x + <usize>i * step, inner, centers, rests, rs, sums, radials);
    }
    for (let j: usize = 0; j < step; j += 8) {
      const live = liveOf(centers + j, run), r = load<f64>(rs + j);
      const gain = gamma ? load<f64>(gamma + j) : 1, radial = load<f64>(radials + j);
      const push = live && ofRoot ? load<f64>(ofRoot + <usize>o * step + j) * share * live : 0;
      store<f64>(offsets + j, centered ? load<f64>(sums + j) / count : 0);
      store<f64>(ss + j, gain * r);
      store<f64>(ks + j, (live ? gain * radial * share * live * r : 0) - push);
      if (isFarOf(centers + j, run)) continue;
      if (dgamma) store<f64>(dgamma + j, load<f64>(dgamma + j) + radial);
      if (dbeta) store<f64>(dbeta + j, load<f64>(dbeta + j) + load<f64>(sums + j));
    }
    if (!dx) continue;
    for (let i: i32 = 0; i < n; i++, dx += step) {
      spread(
        dy + <usize>i * step, x + <usize>i * step, dx, inner, centers, rests, rs, offsets, ss, ks,
      );
    }
  }
}
