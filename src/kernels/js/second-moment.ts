import type { Numbers } from '../numbers.js';

/**
 * A running mean of squares that no finite gradient overflows. An element q ≥ 0 is the mean itself; q < 0 says that it
 * is beyond the largest number of the dtype, and that its root is −q, which is never larger than the largest gradient.
 */

const LARGEST32 = (2 - 2 ** -23) * 2 ** 127;

/** The largest number of the dtype of a buffer. */
export const largestIn = (numbers: Numbers): number =>
  numbers instanceof Float32Array ? LARGEST32 : Number.MAX_VALUE;

/** The next element of v + join · (g² − v). */
export function nextSquare(q: number, g: number, join: number, largest: number): number {
  const v = q + join * (g * g - q);
  return q >= 0 && v <= largest ? v : squareOf(lengthOf(q, 1 - join, g, join), largest);
}

/** The next element of v + g², for a sum of squares. */
export function addedSquare(q: number, g: number, largest: number): number {
  const v = q + g * g;
  return q >= 0 && v <= largest ? v : squareOf(lengthOf(q, 1, g, 1), largest);
}

/** √(keep · v + join · g²), whose squares do not overflow. */
function lengthOf(q: number, keep: number, g: number, join: number): number {
  const s = rootOf(q);
  const unit = Math.max(s, Math.abs(g));
  return unit === Infinity ? unit : unit * Math.sqrt(keep * (s / unit) ** 2 + join * (g / unit) ** 2);
}

/** The element for the square of a root. */
function squareOf(root: number, largest: number): number {
  const v = root * root;
  return v <= largest ? v : -root;
}

/** √v of the mean v of an element. */
export const rootOf = (q: number): number => (q < 0 ? -q : Math.sqrt(q));

/** √(v + ε); if v is beyond the largest number, ε makes no difference. */
export const rootPlus = (q: number, epsilon: number): number => (q < 0 ? -q : Math.sqrt(q + epsilon));

/** The element of the larger mean. */
export const largerSquare = (a: number, b: number): number =>
  a < 0 || b < 0 ? Math.min(a, b) : Math.max(a, b);

/** m + join · (g − m), also if g − m is beyond the largest number. */
export function blend(m: number, g: number, join: number): number {
  const next = m + join * (g - m);
  return Math.abs(next) === Infinity ? (1 - join) * m + join * g : next;
}
