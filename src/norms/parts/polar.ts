import {
  type NdArray,
  type Shape,
  add,
  along,
  concat,
  full,
  map,
  mul,
  onAxis,
  placed,
  positiveAxes,
  reshape,
  sizeOf,
  sliceView,
  sub,
  transpose,
  zip,
} from '../../array/index.js';

// Directions by their angles. The d coordinates of a direction, d a power of two, are the leaves of a tree: a node of
// length r with the angle ψ has children of lengths r cos ψ and r sin ψ, and the root has length 1.

/** How rows of weights, one row for each output, are laid out in a kernel. */
export interface KernelLayout {
  readonly shape: Shape;
  readonly outputs: readonly number[];
  readonly within: readonly number[];
  /** The count of weights of an output. */
  readonly n: number;
}

export interface WithKernel {
  /** The shape of the kernel; if it is empty, [d, units]. */
  readonly shape: readonly number[];
  readonly axis: readonly number[];
}

/** The layout of the kernel that angles [units, d − 1] stand for. */
export function kernelOf(angles: Shape, { shape: stated, axis }: WithKernel): KernelLayout {
  const shape = stated.length > 0 ? stated : [angles[1]! + 1, angles[0]!];
  const outputs = positiveAxes(axis, shape.length);
  const within = shape.map((_, i) => i).filter((i) => !outputs.includes(i));
  return { shape, outputs, within, n: sizeOf(along(shape, within)) };
}

/** The kernel as rows. */
export const rowsOf = (kernel: NdArray, { outputs, within, n }: KernelLayout): NdArray =>
  reshape(transpose(kernel, [...outputs, ...within]), [kernel.size / n, n]);

/** The kernel of these rows. */
export function fromRows(rows: NdArray, { shape, outputs, within }: KernelLayout): NdArray {
  const order = [...outputs, ...within];
  const inOrder = reshape(
    rows,
    order.map((axis) => shape[axis]!),
  );
  return transpose(
    inOrder,
    shape.map((_, axis) => order.indexOf(axis)),
  );
}

/** The least power of two that holds n coordinates, and has an angle. */
export const capacity = (n: number): number => 2 ** Math.max(1, Math.ceil(Math.log2(n)));

/** The sizes of the levels of angles for d coordinates, in the order in which they lie: d / 2 at the leaves, 1 at the root. */
const levelsOf = (d: number): number[] => Array.from({ length: Math.log2(d) }, (_, k) => d / 2 ** (k + 1));

/** The places of the angles of each level, from the root to the leaves. */
export function levelsDown(d: number): readonly { readonly from: number; readonly to: number }[] {
  let from = 0;
  return levelsOf(d)
    .map((size) => ({ from, to: (from += size) }))
    .reverse();
}

/** A part of the last axis of rows. */
export const part = (rows: NdArray, from: number, to: number, step = 1): NdArray =>
  sliceView(rows, onAxis(1, 2, [from, to, step]));

/** Rows that are longer by zeros. */
export const padded = (rows: NdArray, d: number): NdArray => {
  const [units, n] = rows.shape as [number, number];
  return n === d ? rows : placed(rows, [units, d], (zeros) => part(zeros, 0, n));
};

const halves = (rows: NdArray): [NdArray, NdArray] => {
  const n = rows.shape[1]!;
  return [part(rows, 0, n, 2), part(rows, 1, n, 2)];
};

/** Two arrays of rows whose numbers alternate. */
function alternating(even: NdArray, odd: NdArray): NdArray {
  const [units, count] = even.shape as [number, number];
  const [a, b] = [even, odd].map((half) => reshape(half, [units, count, 1]));
  return reshape(concat([a!, b!], 2), [units, 2 * count]);
}

/** The coordinates of directions, one a row, by their angles; dψ = r (db cos ψ − da sin ψ) and dr = da cos ψ + db sin ψ. */
export function decoded(angles: NdArray) {
  const [units, count] = angles.shape as [number, number];
  let r = full([units, 1], 1, angles.dtype);
  const levels = levelsDown(count + 1).map(({ from, to }) => {
    const psi = part(angles, from, to);
    const level = { r, cos: map(psi, Math.cos), sin: map(psi, Math.sin) };
    r = alternating(mul(r, level.cos), mul(r, level.sin));
    return level;
  });
  return {
    value: r,
    pullback(gradient: NdArray): NdArray {
      let dr = gradient;
      const ofAngles = [...levels].reverse().map(({ r: length, cos, sin }) => {
        const [da, db] = halves(dr);
        dr = add(mul(da, cos), mul(db, sin));
        return mul(length, sub(mul(db, cos), mul(da, sin)));
      });
      return concat(ofAngles, 1);
    },
  };
}

/** The angles and the lengths of rows, of which missing coordinates are 0. */
export function encoded(rows: NdArray): { readonly angles: NdArray; readonly lengths: NdArray } {
  const [units, n] = rows.shape as [number, number];
  let r = padded(rows, capacity(n));
  const levels = levelsOf(capacity(n)).map(() => {
    const [a, b] = halves(r);
    r = zip(a, b, Math.hypot);
    return zip(b, a, Math.atan2);
  });
  return { angles: concat(levels, 1), lengths: reshape(r, [units]) };
}
