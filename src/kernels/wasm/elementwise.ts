import { engine } from '../choice.js';
import type { CurveName } from '../curves.js';
import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Numbers } from '../numbers.js';
import { binary } from './binary.js';
import { compiled, isShort } from './call.js';
import type { Exports } from './exports.js';

export const add = binary('add', js.add);
export const sub = binary('sub', js.sub);
export const mul = binary('mul', js.mul);
export const div = binary('div', js.div);
export const maximum = binary('maximum', js.maximum);
export const minimum = binary('minimum', js.minimum);

/** The kernels of curves, and those of their backward passes, by dtype. */
const CURVES_32 = {
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
} as const satisfies Partial<Record<CurveName, keyof Exports>>;

const CURVES_64 = {
  sqrt: 'root64',
  abs: 'absolute64',
  relu: 'relu64',
} as const satisfies Partial<Record<CurveName, keyof Exports>>;

const BACK_32 = {
  tanh: 'tanhBack32',
  sigmoid: 'sigmoidBack32',
  softplus: 'softplusBack32',
  relu: 'reluBack32',
  silu: 'siluBack32',
  erf: 'erfBack32',
  gelu: 'geluBack32',
  geluTanh: 'geluTanhBack32',
} as const satisfies Partial<Record<CurveName, keyof Exports>>;

const BACK_64 = { relu: 'reluBack64' } as const satisfies Partial<Record<CurveName, keyof Exports>>;

/** The name of a curve's kernel; undefined if none is compiled. */
const named = <N>(table: Partial<Record<CurveName, N>>, name: CurveName): N | undefined => table[name];

type Unary = (typeof CURVES_32)[keyof typeof CURVES_32] | (typeof CURVES_64)[keyof typeof CURVES_64];

/** Runs a kernel whose operands lie in its memory, and needs no staging then; returns whether they do. */
function inPlace(kernel: Unary, x: Numbers, out: Numbers): boolean {
  const on = engine();
  if (!on) return false;
  const [from, to] = [on.arena.addressOf(x), on.arena.addressOf(out)];
  if (from && to) on.exports[kernel](from, to, out.length);
  return Boolean(from && to);
}

/**
 * Declines for curves without a kernel in `CURVES_32` or `CURVES_64`. Short buffers are copied too, so that a sample
 * has the same bits alone.
 */
export const curve: Kernels['curve'] = (name, x, out) => {
  const kernel = x instanceof Float64Array ? named(CURVES_64, name) : named(CURVES_32, name);
  const ran =
    kernel &&
    (inPlace(kernel, x, out) ||
      compiled((exports, memory) => exports[kernel](memory.read(x), memory.write(out), out.length)));
  if (!ran) js.curve(name, x, out);
};

/** Declines for curves without a kernel in `BACK_32` or `BACK_64`. The kernel of tanh reads y, the others x. */
export const curveBack: Kernels['curveBack'] = (name, g, x, y, out) => {
  const kernel = x instanceof Float64Array ? named(BACK_64, name) : named(BACK_32, name);
  const ran =
    kernel &&
    compiled((exports, memory) => {
      const read = name === 'tanh' ? y : x;
      exports[kernel](memory.read(g), memory.read(read), memory.write(out), out.length);
    });
  if (!ran) js.curveBack(name, g, x, y, out);
};

/** Declines for fewer than 256 elements that must be copied. */
export const scale: Kernels['scale'] = (x, out, factor) => {
  const ran =
    !isShort(x) &&
    compiled((exports, memory) => {
      const kernel = out instanceof Float32Array ? exports.scale32 : exports.scale64;
      kernel(memory.read(x), memory.write(out), out.length, factor);
    });
  if (!ran) js.scale(x, out, factor);
};

/** Declines for fewer than 256 elements that must be copied. */
export const linear: Kernels['linear'] = (x, out, factor, offset) => {
  const ran =
    !isShort(x) &&
    compiled((exports, memory) => {
      const kernel = out instanceof Float32Array ? exports.affine32 : exports.affine64;
      kernel(memory.read(x), memory.write(out), out.length, factor, offset);
    });
  if (!ran) js.linear(x, out, factor, offset);
};

/** Declines for fewer than 256 elements that must be copied. */
export const square: Kernels['square'] = (x, out) => {
  const ran =
    !isShort(x) &&
    compiled((exports, memory) => {
      const kernel = out instanceof Float32Array ? exports.square32 : exports.square64;
      kernel(memory.read(x), memory.write(out), out.length);
    });
  if (!ran) js.square(x, out);
};

/** Declines for fewer than 256 elements that must be copied. */
export const clamp: Kernels['clamp'] = (x, out, from, to) => {
  const ran =
    !isShort(x) &&
    compiled((exports, memory) => {
      const kernel = out instanceof Float32Array ? exports.clamp32 : exports.clamp64;
      kernel(memory.read(x), memory.write(out), out.length, from, to);
    });
  if (!ran) js.clamp(x, out, from, to);
};
