// One step of an optimizer, in the dtype of the weights: all arrays are of n numbers and lie without gaps. What is read may
// be written in its place. See src/kernels/optimizer.ts for the formulas.

/** Spreads what is left of an array over a vector of its own, so that every number is computed alike. */
const SPARE: usize = memory.data(16 * 9);

// @ts-ignore: decorators are AssemblyScript's
@inline function adamLanes<T extends number>(
  weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize,
  decay: v128, keep: v128, less1: v128, less2: v128, rate: v128, epsilon: v128,
): void {
  const w = v128.load(weight), m0 = v128.load(mean), v0 = v128.load(square);
  const g = v128.add<T>(v128.load(gradient), v128.mul<T>(decay, w));
  const m = v128.add<T>(m0, v128.mul<T>(less1, v128.sub<T>(g, m0)));
  let v = v128.add<T>(v0, v128.mul<T>(less2, v128.sub<T>(v128.mul<T>(g, g), v0)));
  v128.store(nextMean, m);
  v128.store(nextSquare, v);
  if (largest) {
    v = v128.max<T>(v128.load(largest), v);
    v128.store(nextLargest, v);
  }
  const move = v128.div<T>(v128.mul<T>(rate, m), v128.add<T>(v128.sqrt<T>(v), epsilon));
  v128.store(next, v128.sub<T>(v128.mul<T>(keep, w), move));
}

// @ts-ignore
@inline function adam<T extends number>(
  weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize, n: i32,
  decay: T, keep: T, less1: T, less2: T, rate: T, epsilon: T,
): void {
  const d = v128.splat<T>(decay), k = v128.splat<T>(keep), a = v128.splat<T>(less1), b = v128.splat<T>(less2);
  const r = v128.splat<T>(rate), e = v128.splat<T>(epsilon);
  const bytes = <usize>n * sizeof<T>(), whole = bytes & ~15, tail = bytes - whole;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    adamLanes<T>(
      weight + j, gradient + j, mean + j, square + j, largest ? largest + j : 0,
      next + j, nextMean + j, nextSquare + j, nextLargest + j, d, k, a, b, r, e,
    );
  }
  if (!tail) return;
  const at = SPARE;
  memory.copy(at, weight + j, tail);
  memory.copy(at + 16, gradient + j, tail);
  memory.copy(at + 32, mean + j, tail);
  memory.copy(at + 48, square + j, tail);
  if (largest) memory.copy(at + 64, largest + j, tail);
  adamLanes<T>(
    at, at + 16, at + 32, at + 48, largest ? at + 64 : 0, at + 80, at + 96, at + 112, at + 128, d, k, a, b, r, e,
  );
  memory.copy(next + j, at + 80, tail);
  memory.copy(nextMean + j, at + 96, tail);
  memory.copy(nextSquare + j, at + 112, tail);
  if (largest) memory.copy(nextLargest + j, at + 128, tail);
}

export function adam32(
  weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize, n: i32,
  decay: f64, keep: f64, less1: f64, less2: f64, rate: f64, epsilon: f64,
): void {
  adam<f32>(
    weight, gradient, mean, square, largest, next, nextMean, nextSquare, nextLargest, n,
    <f32>decay, <f32>keep, <f32>less1, <f32>less2, <f32>rate, <f32>epsilon,
  );
}

export function adam64(
  weight: usize, gradient: usize, mean: usize, square: usize, largest: usize,
  next: usize, nextMean: usize, nextSquare: usize, nextLargest: usize, n: i32,
  decay: f64, keep: f64, less1: f64, less2: f64, rate: f64, epsilon: f64,
): void {
  adam<f64>(
    weight, gradient, mean, square, largest, next, nextMean, nextSquare, nextLargest, n,
    decay, keep, less1, less2, rate, epsilon,
  );
}

// @ts-ignore
@inline function sgd<T extends number>(
  weight: usize, gradient: usize, velocity: usize, next: usize, nextVelocity: usize, n: i32,
  decay: T, keep: T, momentum: T, inward: T, outward: T, nesterov: bool,
): void {
  const d = v128.splat<T>(decay), k = v128.splat<T>(keep), u = v128.splat<T>(momentum);
  const i = v128.splat<T>(inward), o = v128.splat<T>(outward);
  const size = sizeof<T>(), bytes = <usize>n * size, whole = bytes & ~15;
  let j: usize = 0;
  for (; j < whole; j += 16) {
    const w = v128.load(weight + j);
    const push = v128.mul<T>(i, v128.add<T>(v128.load(gradient + j), v128.mul<T>(d, w)));
    let move = push;
    if (velocity) {
      move = v128.add<T>(v128.mul<T>(u, v128.load(velocity + j)), push);
      v128.store(nextVelocity + j, move);
      if (nesterov) move = v128.add<T>(push, v128.mul<T>(u, move));
    }
    v128.store(next + j, v128.sub<T>(v128.mul<T>(k, w), v128.mul<T>(o, move)));
  }
  for (; j < bytes; j += size) {
    const w = load<T>(weight + j), push = <T>(inward * <T>(load<T>(gradient + j) + <T>(decay * w)));
    let move = push;
    if (velocity) {
      move = <T>(<T>(momentum * load<T>(velocity + j)) + push);
      store<T>(nextVelocity + j, move);
      if (nesterov) move = <T>(push + <T>(momentum * move));
    }
    store<T>(next + j, <T>(<T>(keep * w) - <T>(outward * move)));
  }
}

export function sgd32(
  weight: usize, gradient: usize, velocity: usize, next: usize, nextVelocity: usize, n: i32,
  decay: f64, keep: f64, momentum: f64, inward: f64, outward: f64, nesterov: bool,
): void {
  sgd<f32>(
    weight, gradient, velocity, next, nextVelocity, n,
    <f32>decay, <f32>keep, <f32>momentum, <f32>inward, <f32>outward, nesterov,
  );
}

export function sgd64(
  weight: usize, gradient: usize, velocity: usize, next: usize, nextVelocity: usize, n: i32,
  decay: f64, keep: f64, momentum: f64, inward: f64, outward: f64, nesterov: bool,
): void {
  sgd<f64>(weight, gradient, velocity, next, nextVelocity, n, decay, keep, momentum, inward, outward, nesterov);
}
