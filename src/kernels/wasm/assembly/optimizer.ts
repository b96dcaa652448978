// The steps of optimizers, in one pass over weights, gradients and memories; see optimizer.ts among the kernels in
// JavaScript for their meaning. A buffer may be read and written.
import { high, low, narrow } from './vectors';

/** sgd in float64 lanes, rounded once; without momentum if `velocity` is 0. */
@inline function move<T extends number>(
  at: usize, weight: usize, gradient: usize, velocity: usize, next: usize, nextVelocity: usize,
  decay: f64, keep: f64, momentum: f64, inward: f64, outward: f64, nesterov: bool,
): void {
  const w = <f64>load<T>(weight + at), push = inward * (<f64>load<T>(gradient + at) + decay * w);
  let step = push;
  if (velocity) {
    const v = momentum * <f64>load<T>(velocity + at) + push;
    store<T>(nextVelocity + at, <T>v);
    step = nesterov ? push + momentum * v : v;
  }
  store<T>(next + at, <T>(keep * w - outward * step));
}

@inline function times(f: f64, v: v128): v128 {
  return f64x2.mul(f64x2.splat(f), v);
}

export function sgd32(
  weight: usize, gradient: usize, velocity: usize, next: usize, nextVelocity: usize, n: i32,
  decay: f64, keep: f64, momentum: f64, inward: f64, outward: f64, nesterov: bool,
): void {
  const bytes = <usize>n << 2, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const ws = v128.load(weight + j), gs = v128.load(gradient + j), w = low(ws), u = high(ws);
    const p = times(inward, f64x2.add(low(gs), times(decay, w)));
    const q = times(inward, f64x2.add(high(gs), times(decay, u)));
    let a = p, b = q;
    if (velocity) {
      const vs = v128.load(velocity + j);
      const v = f64x2.add(times(momentum, low(vs)), p), z = f64x2.add(times(momentum, high(vs)), q);
      v128.store(nextVelocity + j, narrow(v, z));
      a = nesterov ? f64x2.add(p, times(momentum, v)) : v;
      b = nesterov ? f64x2.add(q, times(momentum, z)) : z;
    }
    a = f64x2.sub(times(keep, w), times(outward, a));
    b = f64x2.sub(times(keep, u), times(outward, b));
    v128.store(next + j, narrow(a, b));
  }
  for (; j < bytes; j += 4) {
    move<f32>(j, weight, gradient, velocity, next, nextVelocity, decay, keep, momentum, inward, outward, nesterov);
  }
}

export function sgd64(
  weight: usize, gradient: usize, velocity: usize, next: usize, nextVelocity: usize, n: i32,
  decay: f64, keep: f64, momentum: f64, inward: f64, outward: f64, nesterov: bool,
): void {
  for (let j: usize = 0, bytes = <usize>n << 3; j < bytes; j += 8) {
    move<f64>(j, weight, gradient, velocity, next, nextVelocity, decay, keep, momentum, inward, outward, nesterov);
  }
}

/** The largest mean of squares that memory of this type can hold; see second-moment.ts for means beyond it. */
@inline function most<T extends number>(): f64 {
  return sizeof<T>() == 4 ? 3.4028234663852886e38 : f64.MAX_VALUE;
}

/** √v of the mean of squares v that an element of memory stands for. */
@inline function rootOf(q: f64): f64 {
  return q < 0 ? -q : sqrt<f64>(q);
}

/** The next mean of squares, if it is or was beyond the largest number: minus its root, or the mean itself. */
function nextRoot(q: f64, g: f64, join: f64, largest: f64): f64 {
  const s = rootOf(q), unit = max<f64>(s, abs<f64>(g));
  const a = s / unit, b = g / unit;
  const root = unit == Infinity ? unit : unit * sqrt<f64>((1 - join) * (a * a) + join * (b * b));
  return root * root <= largest ? root * root : -root;
}

/** m + join · (g − m), also if g − m is beyond the largest number. */
@inline function blend(m: f64, g: f64, join: f64): f64 {
  const next = m + join * (g - m);
  return abs<f64>(next) == Infinity ? (1 - join) * m + join * g : next;
}

/** One weight of Adam in float64; of AMSGrad unless `largest` is 0. */
@inline function adapt<T extends number>(
  at: usize, weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize,
  decay: f64, keep: f64, beta1: f64, beta2: f64, rate: f64, epsilon: f64,
): void {
  const w = <f64>load<T>(weight + at), g = <f64>load<T>(gradient + at) + decay * w;
  const before = <f64>load<T>(mean + at), q = <f64>load<T>(square + at);
  let m = before + (1 - beta1) * (g - before), v = q + (1 - beta2) * (g * g - q);
  // Only a gradient whose square overflows can be so far from the mean that their difference does.
  if (!(q >= 0 && v <= most<T>())) {
    m = blend(before, g, 1 - beta1);
    v = nextRoot(q, g, 1 - beta2, most<T>());
  }
  store<T>(nextMean + at, <T>m);
  store<T>(nextSquare + at, <T>v);
  if (largest) {
    const top = <f64>load<T>(largest + at);
    v = top < 0 || v < 0 ? min<f64>(top, v) : max<f64>(top, v);
    store<T>(nextLargest + at, <T>v);
  }
  store<T>(next + at, <T>(keep * w - (rate * m) / (rootOf(v) + epsilon)));
}

/** A square that four weights are computed in float64 from; loaded, since a constant in a loop is made anew at every use. */
const MOST: usize = memory.data<f32>([1e36]);

/**
 * Adam and AdamW, in float32 lanes. If the square of a gradient might overflow, or a mean of squares has overflowed before,
 * four weights are computed in float64; all are if ε is unusual: relative to an ε above 1e-15, squares that float32 cannot
 * hold are negligible.
 */
export function adam32(
  weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize, n: i32,
  decay: f64, keep: f64, beta1: f64, beta2: f64, rate: f64, epsilon: f64,
): void {
  const bytes = <usize>n << 2, narrowly = epsilon > 1e-15 && epsilon < 1e15 && rate < 1e15;
  const whole: usize = narrowly ? bytes & ~15 : 0;
  const D = f32x4.splat(<f32>decay), K = f32x4.splat(<f32>keep), R = f32x4.splat(<f32>rate);
  const B = f32x4.splat(<f32>(1 - beta1)), C = f32x4.splat(<f32>(1 - beta2)), E = f32x4.splat(<f32>epsilon);
  const T = v128.load_splat<f32>(MOST), NONE = f32x4.splat(0);
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const w = v128.load(weight + j), g = f32x4.add(v128.load(gradient + j), f32x4.mul(D, w));
    const squares = f32x4.mul(g, g);
    let v = v128.load(square + j);
    let odd = v128.or(f32x4.gt(squares, T), f32x4.lt(v, NONE));
    if (largest) odd = v128.or(odd, f32x4.lt(v128.load(largest + j), NONE));
    if (v128.any_true(odd)) {
      for (let l: usize = j; l < j + 16; l += 4) {
        adapt<f32>(
          l, weight, gradient, mean, square, largest, next, nextMean, nextSquare, nextLargest,
          decay, keep, beta1, beta2, rate, epsilon,
        );
      }
      continue;
    }
    let m = v128.load(mean + j);
    m = f32x4.add(m, f32x4.mul(B, f32x4.sub(g, m)));
    v = f32x4.add(v, f32x4.mul(C, f32x4.sub(squares, v)));
    v128.store(nextMean + j, m);
    v128.store(nextSquare + j, v);
    if (largest) {
      v = f32x4.max(v128.load(largest + j), v);
      v128.store(nextLargest + j, v);
    }
    const step = f32x4.div(f32x4.mul(R, m), f32x4.add(f32x4.sqrt(v), E));
    v128.store(next + j, f32x4.sub(f32x4.mul(K, w), step));
  }
  for (; j < bytes; j += 4) {
    adapt<f32>(
      j, weight, gradient, mean, square, largest, next, nextMean, nextSquare, nextLargest,
      decay, keep, beta1, beta2, rate, epsilon,
    );
  }
}

export function adam64(
  weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize, n: i32,
  decay: f64, keep: f64, beta1: f64, beta2: f64, rate: f64, epsilon: f64,
): void {
  for (let j: usize = 0, bytes = <usize>n << 3; j < bytes; j += 8) {
    adapt<f64>(
      j, weight, gradient, mean, square, largest, next, nextMean, nextSquare, nextLargest,
      decay, keep, beta1, beta2, rate, epsilon,
    );
  }
}
