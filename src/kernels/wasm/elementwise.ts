import type { CurveName } from '../curves.js';
import type { Steps } from '../elementwise.js';
import type { Numbers } from '../numbers.js';
import type { Engine } from './engine.js';
import { Staging } from './staging.js';

/** Below so many numbers, copying in and out costs more than a call saves. Either way each is rounded once, and alike. */
const LEAST = 256;

export type Name = 'add' | 'sub' | 'mul' | 'div' | 'maximum' | 'minimum';

/** One of the operations of the kernels in JavaScript; false, and nothing done, where it does not pay or fit. */
export function binary(name: Name) {
  // To look a kernel up among all others takes longer than to run it on a few numbers.
  let known: Engine['kernels'] | undefined;
  let [of32, of64]: (Engine['kernels'][`${Name}32`] | undefined)[] = [];
  return (
    { kernels, arena }: Engine,
    rows: number,
    columns: number,
    x: Numbers,
    xs: Steps,
    y: Numbers,
    ys: Steps,
    out: Numbers,
    from: number,
  ): boolean => {
    if (!(follows(xs) && follows(ys))) return false;
    if (known !== kernels) [known, of32, of64] = [kernels, kernels[`${name}32`], kernels[`${name}64`]];
    const kernel = (out instanceof Float32Array ? of32 : of64)!;
    const bytes = out.BYTES_PER_ELEMENT;
    const [left, right, result] = [arena.addressOf(x), arena.addressOf(y), arena.addressOf(out)];
    if (left && right && result) {
      const [a, b, to] = [left + bytes * xs.at, right + bytes * ys.at, result + bytes * from];
      kernel(rows, columns, a, xs.row, xs.column, b, ys.row, ys.column, to);
      return true;
    }
    if (rows * columns < LEAST) return false;
    const staging = new Staging(arena);
    const [a, b] = [staging.read(reached(rows, columns, x, xs)), staging.read(reached(rows, columns, y, ys))];
    const to = staging.write(out.subarray(from, from + rows * columns));
    return staging.run(() => kernel(rows, columns, a, xs.row, xs.column, b, ys.row, ys.column, to));
  };
}

/** Whether an operand goes on by one number at a time, or repeats one, and never turns back. */
const follows = ({ row, column }: Steps): boolean => row >= 0 && (column === 1 || column === 0);

/** What an operand reads, from its first number to its last. */
const reached = (rows: number, columns: number, x: Numbers, { at, row, column }: Steps): Numbers =>
  x.subarray(at, at + (rows - 1) * row + (columns - 1) * column + 1);

/** The curves that are compiled, and the names of their kernels. */
const CURVES = {
  exp: 'exp32',
  log: 'log32',
  sqrt: 'root32',
  abs: 'absolute32',
  tanh: 'tanh32',
  sigmoid: 'sigmoid32',
  softplus: 'softplus32',
  relu: 'relu32',
  silu: 'silu32',
  erf: 'erf32',
  gelu: 'gelu32',
  geluTanh: 'geluTanh32',
} as const satisfies Partial<Record<CurveName, string>>;

/** Those of float64. */
const CURVES_64 = {
  sqrt: 'root64',
  abs: 'absolute64',
  relu: 'relu64',
} as const satisfies Partial<Record<CurveName, string>>;

/** The name of a kernel in a table, where there is one. */
const named = <N>(table: Partial<Record<CurveName, N>>, name: CurveName): N | undefined => table[name];

/** f(x), however few, so that a sample has the same bits alone; false for other curves, or without room. */
export function curve({ kernels, arena }: Engine, name: CurveName, x: Numbers, out: Numbers): boolean {
  const compiled = x instanceof Float64Array ? named(CURVES_64, name) : named(CURVES, name);
  if (!compiled) return false;
  const staging = new Staging(arena);
  const [from, to] = [staging.read(x), staging.write(out)];
  return staging.run(() => kernels[compiled](from, to, out.length));
}

/** The way back through the curves that have a kernel for it: that of tanh is given y, the others x. */
const BACK = {
  tanh: 'tanhBack32',
  sigmoid: 'sigmoidBack32',
  softplus: 'softplusBack32',
  relu: 'reluBack32',
  silu: 'siluBack32',
  erf: 'erfBack32',
  gelu: 'geluBack32',
  geluTanh: 'geluTanhBack32',
} as const satisfies Partial<Record<CurveName, string>>;

const BACK_64 = { relu: 'reluBack64' } as const satisfies Partial<Record<CurveName, string>>;

/** What comes back from g; false, and nothing done, as for `curve`. */
export function curveBack(
  { kernels, arena }: Engine,
  name: CurveName,
  g: Numbers,
  x: Numbers,
  y: Numbers,
  out: Numbers,
): boolean {
  const compiled = x instanceof Float64Array ? named(BACK_64, name) : named(BACK, name);
  if (!compiled) return false;
  const staging = new Staging(arena);
  const [incoming, at, to] = [staging.read(g), staging.read(name === 'tanh' ? y : x), staging.write(out)];
  return staging.run(() => kernels[compiled](incoming, at, to, out.length));
}

/** factor · x; false, and nothing done, where it does not pay or fit. */
export function scale({ kernels, arena }: Engine, x: Numbers, out: Numbers, factor: number): boolean {
  if (out.length < LEAST && !arena.addressOf(x)) return false;
  const staging = new Staging(arena);
  const [from, to] = [staging.read(x), staging.write(out)];
  const kernel = out instanceof Float32Array ? kernels.scale32 : kernels.scale64;
  return staging.run(() => kernel(from, to, out.length, factor));
}

/** factor · x + offset; false, and nothing done, where it does not pay or fit. */
export function linear(
  { kernels, arena }: Engine,
  x: Numbers,
  out: Numbers,
  factor: number,
  offset: number,
): boolean {
  if (out.length < LEAST && !arena.addressOf(x)) return false;
  const staging = new Staging(arena);
  const [from, to] = [staging.read(x), staging.write(out)];
  const kernel = out instanceof Float32Array ? kernels.affine32 : kernels.affine64;
  return staging.run(() => kernel(from, to, out.length, factor, offset));
}

/** x²; false, and nothing done, where it does not pay or fit. */
export function square({ kernels, arena }: Engine, x: Numbers, out: Numbers): boolean {
  if (out.length < LEAST && !arena.addressOf(x)) return false;
  const staging = new Staging(arena);
  const [from, to] = [staging.read(x), staging.write(out)];
  const kernel = out instanceof Float32Array ? kernels.square32 : kernels.square64;
  return staging.run(() => kernel(from, to, out.length));
}

/** x between two bounds; false, and nothing done, where it does not pay or fit. */
export function clamp(
  { kernels, arena }: Engine,
  x: Numbers,
  out: Numbers,
  from: number,
  to: number,
): boolean {
  if (out.length < LEAST && !arena.addressOf(x)) return false;
  const staging = new Staging(arena);
  const [at, result] = [staging.read(x), staging.write(out)];
  const kernel = out instanceof Float32Array ? kernels.clamp32 : kernels.clamp64;
  return staging.run(() => kernel(at, result, out.length, from, to));
}
