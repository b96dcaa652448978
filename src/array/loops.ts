import type { Steps } from '../kernels/index.js';

/** The strides of an array in memory. */
export interface Strided {
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/**
 * Walks operands of one shape in row-major order, and hands a kernel as much at a time as two nested loops hold.
 * Neighbouring axes that every operand steps through evenly count as one, so that arrays without gaps, with a row or
 * with a single number stretched over them, are done in one call.
 *
 * Whatever comes from outside is made small integers of: kernels that have once counted with doubles, though whole, take
 * twice the time from then on.
 */
export function walk(
  operands: readonly Strided[],
  visit: (rows: number, columns: number, at: readonly Steps[], done: number) => void,
): void {
  const axes = merged(operands);
  for (let axis = 0; axis < axes.length; axis++) if (axes[axis]!.size === 0) return;
  const columns = axes.pop();
  const rows = axes.pop();
  const positions = operands.map(({ offset }) => offset | 0);
  const [height, width] = [rows?.size ?? 1, columns?.size ?? 1];
  const index = axes.map(() => 0);
  for (let done = 0; ; done += height * width) {
    const at = positions.map((position, k) => ({
      at: position,
      row: rows?.strides[k] ?? 0,
      column: columns?.strides[k] ?? 0,
    }));
    visit(height, width, at, done);
    let axis = axes.length - 1;
    for (; axis >= 0; axis--) {
      const { size, strides } = axes[axis]!;
      index[axis]! += 1;
      if (index[axis]! < size) {
        strides.forEach((stride, k) => (positions[k]! += stride));
        break;
      }
      strides.forEach((stride, k) => (positions[k]! -= stride * (size - 1)));
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

interface Axis {
  size: number;
  strides: number[];
}

function merged(operands: readonly Strided[]): Axis[] {
  const axes: Axis[] = [];
  const { shape } = operands[0]!;
  // An operand computes its strides each time it is asked for them.
  const steps = operands.map(({ stride }) => stride);
  let last: Axis | undefined;
  for (let i = 0; i < shape.length; i++) {
    const size = shape[i]! | 0;
    if (size === 1) continue;
    const strides = steps.map((stride) => stride[i]! | 0);
    if (last && isEven(last.strides, strides, size)) {
      last.size *= size;
      last.strides = strides;
    } else axes.push((last = { size, strides }));
  }
  return axes;
}

/** Whether each outer stride is so many inner ones. */
function isEven(outer: readonly number[], inner: readonly number[], size: number): boolean {
  for (let k = 0; k < outer.length; k++) if (outer[k] !== inner[k]! * size) return false;
  return true;
}

/** Whether all elements lie inside so many numbers. */
export function liesInside({ shape, stride, offset }: Strided, length: number): boolean {
  let [first, last, size] = [offset, offset, 1];
  for (let axis = 0; axis < shape.length; axis++) {
    const reach = (shape[axis]! - 1) * stride[axis]!;
    if (reach < 0) first += reach;
    else last += reach;
    size *= shape[axis]!;
  }
  return size === 0 || (first >= 0 && last < length);
}

/** Whether the elements lie in row-major order without gaps. */
export function isRowMajor({ shape, stride }: Strided): boolean {
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && stride[axis] !== expected) return false;
    expected *= shape[axis]!;
  }
  return true;
}
