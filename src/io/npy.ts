import { type NdArray, type Numbers, PlainArray, flat, fromFlat, transpose } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { utf8Of } from '../utf8.js';
import { type Writable, readWritable, sizeOfStated } from './arrays.js';
import { type Bytes, joined, readBytes, readText, viewOf } from './bytes.js';
import { readHeader } from './npy-header.js';
import { KINDS, type Kind, decode, encode } from './numbers.js';

const MAGIC = [0x93, ...utf8Of('NUMPY')];

/** The kinds of numbers by their letter and size in `descr`. */
const DESCRIBED: Readonly<Record<string, Kind>> = {
  f2: KINDS.float16,
  f4: KINDS.float32,
  f8: KINDS.float64,
  i1: KINDS.int8,
  i2: KINDS.int16,
  i4: KINDS.int32,
  i8: KINDS.int64,
  u1: KINDS.uint8,
  u2: KINDS.uint16,
  u4: KINDS.uint32,
  u8: KINDS.uint64,
  b1: KINDS.bool,
};

/** The longest header, as in NumPy's own reader. */
const LONGEST_HEADER = 10_000;

/**
 * Reads an array in NumPy's format, of the versions 1 to 3, in either order of bytes and of axes. Float32 and float64
 * keep every bit; float16 becomes float32; integers and booleans become float64.
 *
 * @throws {NormtapeError} If the file is malformed, too short or too long, if its elements are not numbers, or if
 * float64 cannot represent an integer.
 */
export const readNpy = (bytes: Bytes): NdArray =>
  readArrayFile('readNpy', readBytes('readNpy', 'an .npy file', bytes));

/** Reads the bytes of an .npy file; errors name `where`. */
export function readArrayFile(where: string, file: Uint8Array): NdArray {
  if (MAGIC.some((byte, i) => file[i] !== byte)) {
    const expected = 'an .npy file, which starts with the byte 0x93 and NUMPY';
    throw new NormtapeError({ where, expected, received: [...file.subarray(0, MAGIC.length)] });
  }
  const [text, data] = headerOf(where, file);
  const { descr, isFortran, shape } = readHeader(where, text);
  const size = sizeOfStated(`${where}: shape`, shape);
  const kind = kindOf(where, descr);
  if (size * kind.bytes !== data.length) {
    const hint =
      size * kind.bytes > data.length ? 'The file is cut off.' : 'The file has more bytes after it.';
    const expected = `${size * kind.bytes} bytes for the shape ${JSON.stringify(shape)} of ${descr}`;
    throw new NormtapeError({ where, expected, received: data.length, hint });
  }
  const numbers = decode(where, kind, data, !descr.startsWith('>'));
  return new PlainArray(isFortran ? inRowMajor(numbers, shape) : numbers, kind.dtype, [...shape]);
}

/** The text of the header, and the bytes after it. */
function headerOf(where: string, file: Uint8Array): readonly [string, Uint8Array] {
  const view = viewOf(file);
  const version = file[6] ?? 0;
  if (version < 1 || version > 3 || file[7] !== 0) {
    const received = [...file.subarray(6, 8)];
    throw new NormtapeError({ where, expected: 'version 1.0, 2.0 or 3.0 of the format', received });
  }
  const start = version === 1 ? 10 : 12;
  const isCut = file.length < start;
  const length = isCut ? 0 : version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const most = Math.min(LONGEST_HEADER, file.length - start);
  if (isCut || length > most) {
    const expected = `a header of at most ${Math.max(0, most)} bytes`;
    throw new NormtapeError({ where, expected, received: isCut ? 'none' : length });
  }
  return [readText(`${where}: header`, file.subarray(start, start + length)), file.subarray(start + length)];
}

function kindOf(where: string, descr: string): Kind {
  const name = descr.slice(1);
  const kind = Object.hasOwn(DESCRIBED, name) ? DESCRIBED[name]! : undefined;
  const orders = kind?.bytes === 1 ? '|<>' : '<>';
  if (kind && orders.includes(descr[0]!)) return kind;
  const expected = `numbers of a kind among ${Object.keys(DESCRIBED).join(', ')}, after < or > for the order of bytes`;
  const hint = descr.endsWith('O')
    ? 'It holds pickled objects, which are programs: save numbers.'
    : undefined;
  throw new NormtapeError({ where: `${where}: descr`, expected, received: descr, hint });
}

/** Numbers that are stored by columns, in row-major order. */
function inRowMajor(numbers: Numbers, shape: readonly number[]): Numbers {
  if (shape.length < 2) return numbers;
  return flat(
    transpose(
      fromFlat(numbers, [...shape].reverse()),
      shape.map((_, axis) => shape.length - 1 - axis),
    ),
  ).slice();
}

/**
 * The bytes of an .npy file of version 1 of one array: float32 or float64, as it is, in row-major order.
 *
 * @throws {NormtapeError} If the value is no array.
 */
export const writeNpy = (array: Writable): Uint8Array<ArrayBuffer> =>
  writeArrayFile(readWritable('writeNpy', array));

/** The bytes of an .npy file of an array. */
export function writeArrayFile(array: NdArray): Uint8Array<ArrayBuffer> {
  const { shape, dtype } = array;
  const tuple = `(${shape.join(', ')}${shape.length === 1 ? ',' : ''})`;
  const descr = dtype === 'float64' ? '<f8' : '<f4';
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  // Spaces and a newline bring the numbers to a multiple of 64 bytes.
  const length = Math.ceil((10 + text.length + 1) / 64) * 64 - 10;
  const start = Uint8Array.from([...MAGIC, 1, 0, length & 255, length >> 8]);
  return joined([start, utf8Of(`${text.padEnd(length - 1)}\n`), encode(array)]);
}
