import { type Dtype, type NdArray, type Numbers, flat, store } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { viewOf } from './bytes.js';

/** A kind of number in a file: its size, and the dtype that holds every such number. */
export interface Kind {
  readonly bytes: number;
  readonly dtype: Dtype;
  /** The number at a byte; undefined if no float64 is equal to it. */
  read(view: DataView, at: number, isLittle: boolean): number | undefined;
}

/** The kinds of numbers that files may hold, by NumPy's names. Half floats are widened, and integers become float64. */
export const KINDS = {
  float16: kind(2, 'float32', (view, at, isLittle) => half(view.getUint16(at, isLittle))),
  bfloat16: kind(2, 'float32', (view, at, isLittle) => {
    WORD.setUint32(0, view.getUint16(at, isLittle) << 16);
    return WORD.getFloat32(0);
  }),
  float32: kind(4, 'float32', (view, at, isLittle) => view.getFloat32(at, isLittle)),
  float64: kind(8, 'float64', (view, at, isLittle) => view.getFloat64(at, isLittle)),
  int8: kind(1, 'float64', (view, at) => view.getInt8(at)),
  int16: kind(2, 'float64', (view, at, isLittle) => view.getInt16(at, isLittle)),
  int32: kind(4, 'float64', (view, at, isLittle) => view.getInt32(at, isLittle)),
  int64: kind(8, 'float64', (view, at, isLittle) => exactly(view.getBigInt64(at, isLittle))),
  uint8: kind(1, 'float64', (view, at) => view.getUint8(at)),
  uint16: kind(2, 'float64', (view, at, isLittle) => view.getUint16(at, isLittle)),
  uint32: kind(4, 'float64', (view, at, isLittle) => view.getUint32(at, isLittle)),
  uint64: kind(8, 'float64', (view, at, isLittle) => exactly(view.getBigUint64(at, isLittle))),
  bool: kind(1, 'float64', (view, at) => (view.getUint8(at) > 1 ? undefined : view.getUint8(at))),
};

function kind(bytes: number, dtype: Dtype, read: Kind['read']): Kind {
  return { bytes, dtype, read };
}

const WORD = new DataView(new ArrayBuffer(4));

/** The number of an IEEE 754 half: 1 sign bit, 5 of the exponent, 10 of the fraction. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1024 + fraction) * 2 ** (exponent - 25));
}

const exactly = (whole: bigint): number | undefined =>
  BigInt(Number(whole)) === whole ? Number(whole) : undefined;

/** Whether this machine stores the lowest byte of a number first, as the files that are written here do. */
const IS_LITTLE = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1;

/**
 * The numbers that bytes hold. Float32 and float64 keep every bit, also those of NaN.
 *
 * @throws {NormtapeError} In the name of `where`, if no float64 is equal to a number.
 */
export function decode(where: string, from: Kind, bytes: Uint8Array, isLittle: boolean): Numbers {
  const size = bytes.length / from.bytes;
  const data = store(from.dtype, size);
  if (isFloat(from) && isLittle === IS_LITTLE) {
    new Uint8Array(data.buffer, data.byteOffset, data.byteLength).set(bytes);
    return data;
  }
  if (isFloat(from)) {
    const out = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    for (let i = 0; i < out.length; i++) out[i] = bytes[i ^ (from.bytes - 1)]!;
    return data;
  }
  const view = viewOf(bytes);
  for (let i = 0; i < size; i++) {
    const value = from.read(view, i * from.bytes, isLittle);
    if (value === undefined) {
      const received = `other bits at element ${i}, counted from 0`;
      throw new NormtapeError({ where, expected: 'numbers that float64 holds exactly', received });
    }
    data[i] = value;
  }
  return data;
}

const isFloat = (from: Kind): boolean => from === KINDS.float32 || from === KINDS.float64;

/** The numbers of an array in row-major order, with the lowest byte of each first. */
export function encode(a: NdArray): Uint8Array {
  const numbers = flat(a);
  const bytes = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  if (IS_LITTLE) return bytes;
  const width = numbers.BYTES_PER_ELEMENT;
  return bytes.map((_, i) => bytes[i ^ (width - 1)]!);
}
