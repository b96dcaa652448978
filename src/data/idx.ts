import { type Numbers, type Shape, fromFlat, sizeOf, store } from '../array/index.js';
import { demand, demandText } from '../demand.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, plain, resolve, text } from '../option/index.js';
import { numberedClasses } from './classes.js';
import { type Dataset, dataset } from './dataset.js';

/** How one number lies in the file, highest byte first, and whether float32 is too narrow for it. */
interface Kind {
  readonly bytes: number;
  readonly wide: boolean;
  read(view: DataView, at: number): number;
}

/** By the third byte of the file. */
const KINDS: Readonly<Record<number, Kind>> = {
  0x08: { bytes: 1, wide: false, read: (view, at) => view.getUint8(at) },
  0x09: { bytes: 1, wide: false, read: (view, at) => view.getInt8(at) },
  0x0b: { bytes: 2, wide: false, read: (view, at) => view.getInt16(at) },
  0x0c: { bytes: 4, wide: true, read: (view, at) => view.getInt32(at) },
  0x0d: { bytes: 4, wide: false, read: (view, at) => view.getFloat32(at) },
  0x0e: { bytes: 8, wide: true, read: (view, at) => view.getFloat64(at) },
};
const UNSIGNED = 0x08;

/** Whether it is a Uint8Array, of this realm or of another. */
const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';

/** What an IDX file holds. */
export interface IdxArray {
  readonly shape: Shape;
  /** In row-major order; float64 for the kinds of numbers that float32 cannot hold. */
  readonly data: Numbers;
  /** Whether the numbers are unsigned bytes, as pixels are. */
  readonly bytes: boolean;
}

/**
 * Reads the bytes of an IDX file, the format of MNIST (http://yann.lecun.com/exdb/mnist): two zeros, the kind
 * of numbers, how many axes, the size of each, and the numbers. Throws where the file is of another format,
 * too short or too long; `where` names the file in the error.
 */
export function readIdx(bytes: Uint8Array, where = 'readIdx'): IdxArray {
  demandText('readIdx: where', where);
  const { shape, size, kind, view, start } = headerOf(bytes, where);
  const data = store(kind.wide ? 'float64' : 'float32', size);
  for (let i = 0; i < size; i++) data[i] = kind.read(view, start + i * kind.bytes);
  return { shape, data, bytes: kind === KINDS[UNSIGNED] };
}

/** The beginning of a file, whose length is what the shape asks for: nothing is allocated on its word alone. */
function headerOf(bytes: Uint8Array, where: string) {
  demand(where, 'the bytes of an IDX file, in a Uint8Array', isBytes, bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const header = [...bytes.subarray(0, 4)];
  const [zero, alsoZero, code = -1, rank = 0] = header;
  const kind = KINDS[code];
  if (zero !== 0 || alsoZero !== 0 || !kind || rank === 0) {
    const packed = zero === 0x1f && alsoZero === 0x8b;
    throw new NormtapeError({
      where,
      expected:
        'an IDX file, which starts with 0, 0, the kind of its numbers (8, 9, 11 to 14) and a rank above 0',
      received: header,
      hint: packed ? 'It is packed by gzip: unpack it first.' : undefined,
    });
  }
  const start = 4 + 4 * rank;
  demandLength(where, bytes.length, start, 'the sizes of its axes', (have) => have >= start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Large sizes may multiply to infinity, and that by 0 to no number.
  const size = shape.includes(0) ? 0 : sizeOf(shape);
  const end = start + size * kind.bytes;
  demandLength(where, bytes.length, end, `the shape ${JSON.stringify(shape)}`, (have) => have === end);
  return { shape, size, kind, view, start };
}

function demandLength(
  where: string,
  received: number,
  wanted: number,
  reason: string,
  fits: (length: number) => boolean,
): void {
  if (fits(received)) return;
  throw new NormtapeError({
    where,
    expected: `${wanted} bytes for ${reason}`,
    received,
    hint: received < wanted ? 'The file is cut off.' : 'The file goes on after its numbers.',
  });
}

const OPTIONS = {
  name: text('idx', 'What the data set is called.'),
  scaled: flag(true, 'Whether unsigned bytes, 0 to 255, are divided by 255; other kinds stay as they are.'),
};

/** The bytes of two IDX files that belong together. */
export interface IdxFiles {
  /** Of any rank, [samples, …]. */
  readonly images: Uint8Array;
  /** A whole number from 0 a sample: of the shape [samples], or [samples, 8] as in QMNIST, whose first number is the class. */
  readonly labels: Uint8Array;
}

/**
 * A data set from two IDX files: features in the shape of the images, in float32, or in float64 if the file holds numbers
 * that float32 cannot; and as many classes as the largest label asks for.
 *
 * @throws if a label is no whole number from 0, or asks for far more classes than there are samples; and if a feature is
 * NaN or infinite.
 */
export function fromIdx(files: IdxFiles, given?: Given<typeof OPTIONS>): Dataset {
  const { name, scaled } = resolve('fromIdx', OPTIONS, given);
  plain('fromIdx', files);
  const where = `${name}: images`;
  const images = readIdx(files.images, where);
  const numbers = labelsOf(`${name}: labels`, readIdx(files.labels, `${name}: labels`));
  const classes = numberedClasses(`${name}: labels`, numbers);
  const { data, shape } = images;
  const stray = images.bytes ? -1 : data.findIndex((value) => !Number.isFinite(value));
  if (stray >= 0) {
    const sample = Math.floor(stray / sizeOf(shape.slice(1)));
    const received = `${data[stray]} in sample ${sample}, counted from 0`;
    throw new NormtapeError({ where, expected: 'finite numbers', received });
  }
  // In place: nobody else has them.
  if (scaled && images.bytes) for (let i = 0; i < data.length; i++) data[i]! /= 255;
  return dataset(name, fromFlat(data, shape), Int32Array.from(numbers), classes);
}

/** How many numbers QMNIST says of a sample: its class, and where it was written by whom. */
const QMNIST = 8;

function labelsOf(where: string, { shape, data }: IdxArray): Numbers {
  const [, width = 1] = shape;
  if (shape.length === 1 || (shape.length === 2 && (width === 1 || width === QMNIST))) {
    return data.filter((_, i) => i % width === 0);
  }
  const expected = 'labels of the shape [samples], or [samples, 8] as in QMNIST';
  throw new NormtapeError({ where, expected, received: shape });
}
