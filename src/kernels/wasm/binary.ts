import { engine } from '../choice.js';
import type { Binary } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import type { Steps } from '../operands.js';
import { LEAST, compiled } from './call.js';
import type { Exports } from './exports.js';

type Name =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'minimum'
  | 'less'
  | 'lessEqual'
  | 'equal'
  | 'notEqual'
  | 'masked'
  | 'kept'
  | 'dropped';

/**
 * A kernel of two broadcast operands. Declines for strides other than 0 or 1 along a row, or for fewer than 256 results
 * if an operand must be copied.
 */
export function binary(name: Name, plain: Binary): Binary {
  // To look a kernel up among all exports takes longer than to run it on a few elements.
  let known: Exports | undefined;
  let [of32, of64]: (Exports[`${Name}32`] | undefined)[] = [];
  return (rows, columns, x, xs, y, ys, out, at) => {
    const on = engine();
    if (!on || !isForward(xs) || !isForward(ys)) return plain(rows, columns, x, xs, y, ys, out, at);
    let m = rows;
    let n = columns;
    let xColumn = xs.column;
    let yColumn = ys.column;
    if (n === 1 && xs.row <= 1 && ys.row <= 1) {
      // One column without gaps is a row on its side.
      n = m;
      m = 1;
      xColumn = xs.row;
      yColumn = ys.row;
    } else if (xs.row === xColumn * n && ys.row === yColumn * n) {
      // Nothing starts anew at the rows: they are one.
      n *= m;
      m = 1;
    }
    const { exports, arena } = on;
    if (known !== exports) [known, of32, of64] = [exports, exports[`${name}32`], exports[`${name}64`]];
    const kernel = (out instanceof Float32Array ? of32 : of64)!;
    const [atX, atY, atOut] = [arena.addressOf(x), arena.addressOf(y), arena.addressOf(out)];
    if (atX && atY && atOut) {
      const bytes = out.BYTES_PER_ELEMENT;
      const [a, b, to] = [atX + bytes * xs.at, atY + bytes * ys.at, atOut + bytes * at];
      return kernel(m, n, a, xs.row, xColumn, b, ys.row, yColumn, to);
    }
    const ran =
      rows * columns >= LEAST &&
      compiled((exports, memory) => {
        const a = memory.read(reached(rows, columns, x, xs));
        const b = memory.read(reached(rows, columns, y, ys));
        const to = memory.write(out.subarray(at, at + rows * columns));
        const kernel = out instanceof Float32Array ? exports[`${name}32`] : exports[`${name}64`];
        kernel(m, n, a, xs.row, xColumn, b, ys.row, yColumn, to);
      });
    if (!ran) plain(rows, columns, x, xs, y, ys, out, at);
  };
}

/** Whether the columns of an operand are neighbours or broadcast, and its rows do not step back. */
const isForward = ({ row, column }: Steps): boolean => row >= 0 && (column === 1 || column === 0);

/** The part of a buffer that an operand reads, from its first element to its last. */
const reached = (rows: number, columns: number, x: Numbers, { at, row, column }: Steps): Numbers =>
  x.subarray(at, at + (rows - 1) * row + (columns - 1) * column + 1);
