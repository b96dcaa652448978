import type { Groups, Numbers } from '../numbers.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/** Rows of float32 alone are compiled, however few they are, so that a row has the same bits alone. */
const fits = (x: Numbers, { n, inner }: Groups): boolean => x instanceof Float32Array && inner === 1 && n > 0;

/** Softmax of rows, or its logarithm; false, and nothing done, for other groups and without room. */
export function softmax(
  { kernels, arena }: Engine,
  name: 'softmax' | 'logSoftmax',
  x: Numbers,
  out: Numbers,
  groups: Groups,
): boolean {
  if (!fits(x, groups)) return false;
  const staging = new Staging(arena);
  const [from, to] = [staging.read(x), staging.write(out)];
  return staging.run(() => kernels[`${name}32`](from, to, groups.outer, groups.n));
}

/** The way back through either, from a gradient of its value y; false, and nothing done, as above. */
export function softmaxBack(
  { kernels, arena }: Engine,
  name: 'softmax' | 'logSoftmax',
  gradient: Numbers,
  y: Numbers,
  out: Numbers,
  groups: Groups,
): boolean {
  if (!fits(y, groups) || gradient instanceof Float64Array) return false;
  const staging = new Staging(arena);
  const [g, value, to] = [staging.read(gradient), staging.read(y), staging.write(out)];
  return staging.run(() => kernels[`${name}Back32`](g, value, to, groups.outer, groups.n));
}

/** ln Σ eˣ of rows; undefined for other groups and without room. */
export function logSumExp({ kernels, arena }: Engine, x: Numbers, groups: Groups): Float64Array | undefined {
  if (!fits(x, groups)) return undefined;
  const staging = new Staging(arena);
  const out = new Float64Array(groups.outer);
  const [from, to] = [staging.read(x), staging.write(out)];
  return staging.run(() => kernels.logSumExp32(from, to, groups.outer, groups.n)) ? out : undefined;
}

/** The cross-entropy of rows and its gradient; false, and nothing done, for float64 and without room. */
export function crossEntropy(
  { kernels, arena }: Engine,
  x: Numbers,
  labels: Int32Array,
  losses: Float64Array,
  gradient: Numbers,
  n: number,
): boolean {
  if (x instanceof Float64Array) return false;
  const staging = new Staging(arena);
  const [from, at] = [staging.read(x), staging.readIntegers(labels)];
  const [to, back] = [staging.write(losses), staging.write(gradient)];
  return staging.run(() => kernels.crossEntropy32(from, at, to, back, labels.length, n, 1));
}
