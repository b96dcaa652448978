import {
  type NdArray,
  Random,
  dot,
  draw,
  flat,
  fromFlat,
  full,
  matmul,
  scale,
  sub,
  transpose,
} from '../../array/index.js';

// The largest singular value of a matrix and its vectors, for weights of any size: by the bidiagonalization of Golub and
// Kahan (1965), restarted from the best vector so far, and Jacobi rotations of the small matrix that it leads to.

/** Unit vectors u and v with M u = σ v and Mᵀ v = σ u for the largest σ, as columns. */
export interface SingularPair {
  readonly u: NdArray;
  readonly v: NdArray;
}

/** The most steps between two restarts. */
const STEPS = 40;

/** The most restarts. Each gains at least the digits of as many steps of power iteration, and mostly far more. */
const RESTARTS = 200;

/** A pair is exact if Mᵀ v differs from σ u by no more than this times σ. */
const EXACT = 2 ** -34;

/** The pair of a matrix [n, m] in float64, whose numbers are at most about 1; unit vectors of any direction if it is 0. */
export function largestPair(matrix: NdArray): SingularPair {
  const [n, m] = matrix.shape as [number, number];
  // Some direction, always the same: that it has no part in the largest would be a coincidence.
  const random = new Random(1);
  let pair: SingularPair = {
    u: unit(draw([m, 1], () => random.normal(), 'float64')),
    v: unit(full([n, 1], 1, 'float64')),
  };
  for (let i = 0, rest = Infinity; i < RESTARTS && rest > EXACT; i++) {
    const found = improved(matrix, pair.u);
    if (found === undefined) break;
    ({ pair, rest } = found);
  }
  // Of the two pairs that differ in sign, that whose largest number in u is above 0.
  const numbers = [...flat(pair.u)];
  return Math.max(...numbers) < -Math.min(...numbers) ? { u: scale(pair.u, -1), v: scale(pair.v, -1) } : pair;
}

/**
 * The best pair in the space that so many steps from u reach, and the share of σ by which it is off; undefined if M u is
 * 0. The steps make orthonormal us and vs with M uⱼ = βⱼ₋₁ vⱼ₋₁ + αⱼ vⱼ and Mᵀ vⱼ = αⱼ uⱼ + βⱼ uⱼ₊₁.
 */
function improved(
  matrix: NdArray,
  start: NdArray,
): { readonly pair: SingularPair; readonly rest: number } | undefined {
  const turned = transpose(matrix);
  const [us, vs] = [[start], [] as NdArray[]];
  const [alphas, betas]: [number[], number[]] = [[], []];
  const isRounding = (length: number): boolean => !(length > TINY * Math.max(...alphas, ...betas, 0));
  let beyond = 0;
  for (;;) {
    const v = apart(matmul(matrix, us.at(-1)!), vs);
    const alpha = lengthOf(v);
    if (isRounding(alpha)) break;
    beyond = alpha;
    if (vs.length === STEPS) break;
    alphas.push(alpha);
    vs.push(scale(v, 1 / alpha));
    beyond = 0;
    const u = apart(matmul(turned, vs.at(-1)!), us);
    const beta = lengthOf(u);
    if (isRounding(beta)) break;
    betas.push(beta);
    us.push(scale(u, 1 / beta));
  }
  if (vs.length === 0) return undefined;
  const { sigma, left, right } = largestOfBidiagonal(alphas, betas);
  const pair = { u: unit(combined(us, right)), v: unit(combined(vs, left)) };
  return { pair, rest: (beyond * Math.abs(right.at(-1)!)) / sigma };
}

/** Relative to the largest so far: the length of a vector that is only rounding. */
const TINY = 2 ** -50;

const lengthOf = (column: NdArray): number => Math.sqrt(dot(column, column));

const unit = (column: NdArray): NdArray => scale(column, 1 / lengthOf(column));

/** The part of a column that is orthogonal to others; taken off twice, so that rounding leaves nothing of them. */
function apart(column: NdArray, others: readonly NdArray[]): NdArray {
  let part = column;
  for (const other of [...others, ...others]) part = sub(part, scale(other, dot(part, other)));
  return part;
}

function combined(columns: readonly NdArray[], shares: readonly number[]): NdArray {
  const sum = new Float64Array(columns[0]!.size);
  columns.forEach((column, k) => flat(column).forEach((value, i) => (sum[i]! += shares[k]! * value)));
  return fromFlat(sum, columns[0]!.shape);
}

/** The largest singular value of the matrix with α on its diagonal and β above it, and its vectors. */
function largestOfBidiagonal(alphas: readonly number[], betas: readonly number[]) {
  const count = Math.max(alphas.length, betas.length + 1);
  const columns = Array.from({ length: count }, (_, j) =>
    Float64Array.from(alphas, (alpha, i) => (i === j ? alpha : i === j - 1 ? betas[i]! : 0)),
  );
  // Rotations make the columns orthogonal; the same rotations of the unit matrix are the right vectors.
  const turns = columns.map((_, j) => Float64Array.from({ length: count }, (__, i) => +(i === j)));
  for (let sweep = 0, isTurning = true; isTurning && sweep < SWEEPS; sweep++) {
    isTurning = false;
    for (let p = 0; p < count; p++) {
      for (let q = p + 1; q < count; q++) isTurning = orthogonalized(columns, turns, p, q) || isTurning;
    }
  }
  const sizes = columns.map((column) => Math.hypot(...column));
  const best = sizes.indexOf(Math.max(...sizes));
  const sigma = sizes[best]!;
  return { sigma, left: Array.from(columns[best]!, (x) => x / sigma), right: [...turns[best]!] };
}

/** More than Jacobi rotations take for a matrix of this size. */
const SWEEPS = 60;

/** Turns two columns until they are orthogonal, and others with them; false if they were. */
function orthogonalized(
  columns: readonly Float64Array[],
  others: readonly Float64Array[],
  p: number,
  q: number,
): boolean {
  const product = (a: Float64Array, b: Float64Array) => a.reduce((sum, x, i) => sum + x * b[i]!, 0);
  const [a, b] = [columns[p]!, columns[q]!];
  const [aa, bb, ab] = [product(a, a), product(b, b), product(a, b)];
  if (!(Math.abs(ab) > 2 ** -52 * Math.sqrt(aa * bb))) return false;
  const slope = (bb - aa) / (2 * ab);
  const t = (slope < 0 ? -1 : 1) / (Math.abs(slope) + Math.hypot(1, slope));
  const cos = 1 / Math.hypot(1, t);
  const sin = t * cos;
  for (const [x, y] of [
    [a, b],
    [others[p]!, others[q]!],
  ] as const) {
    x.forEach((value, i) => {
      const other = y[i]!;
      x[i] = cos * value - sin * other;
      y[i] = sin * value + cos * other;
    });
  }
  return true;
}
