import { type Numbers, type Shape, fromFlat, sizeOf, store } from '../array/index.js';
import { demand, demandText } from '../demand.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, plain, resolve, text } from '../option/index.js';
import { numberedClasses } from './classes.js';
import { type Dataset, dataset } from './dataset.js';

/** The format of one number, highest byte first, and whether it needs float64. */
interface Kind {
  readonly bytes: number;
  readonly wide: boolean;
  read(view: DataView, at: number): number;
}

/** The format of numbers by the third byte of the file. */
const KINDS: Readonly<Record<number, Kind>> = {
  0x08: { bytes: 1, wide: false, read: (view, at) => view.getUint8(at) },
  0x09: { bytes: 1, wide: false, read: (view, at) => view.getInt8(at) },
  0x0b: { bytes: 2, wide: false, read: (view, at) => view.getInt16(at) },
  0x0c: { bytes: 4, wide: true, read: (view, at) => view.getInt32(at) },
  0x0d: { bytes: 4, wide: false, read: (view, at) => view.getFloat32(at) },
  0x0e: { bytes: 8, wide: true, read: (view, at) => view.getFloat64(at) },
};
const UNSIGNED = 0x08;

/** Whether a value is a Uint8Array, of this realm or another. */
const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';

/** The content of an IDX file. */
export interface IdxArray {
  readonly shape: Shape;
  /** In row-major order; float64 if float32 cannot hold all numbers of this kind. */
  readonly data: Numbers;
  /** Whether the numbers are unsigned bytes, as pixels are. */
  readonly bytes: boolean;
}

/**
 * Reads the bytes of an IDX file, the format of MNIST (http://yann.lecun.com/exdb/mnist): two zeros, the kind of
 * numbers, the number of axes, their sizes, and the numbers. `where` names the file in errors.
 *
 * @throws if the file has another format, or is too short or too long.
 */
export function readIdx(bytes: Uint8Array, where = 'readIdx'): IdxArray {
  demandText('readIdx: where', where);
  const { shape, size, kind, view, start } = headerOf(bytes, where);
  const data = store(kind.wide ? 'float64' : 'float32', size);
  for (let i = 0; i < size; i++) data[i] = kind.read(view, start + i * kind.bytes);
  return { shape, data, bytes: kind === KINDS[UNSIGNED] };
}

/** Reads the header. The length of the file must fit its shape, so that a false header allocates nothing. */
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
      hint: packed ? 'It is compressed with gzip: unpack it first.' : undefined,
    });
  }
  const start = 4 + 4 * rank;
  demandLength(where, bytes.length, start, 'the sizes of its axes', (have) => have >= start);
  const shape = Array.from({ length: rank }, (_, axis) => view.getUint32(4 + 4 * axis));
  // Large sizes may multiply to infinity, and infinity times 0 is NaN.
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
    hint: received < wanted ? 'The file is cut off.' : 'The file has more bytes after its numbers.',
  });
}

const OPTIONS = {
  name: text('idx', 'The name of the data set.'),
  scaled: flag(true, 'Whether unsigned bytes, 0 to 255, are divided by 255; other kinds stay as they are.'),
};

/** The bytes of an image file and its label file. */
export interface IdxFiles {
  /** Images of any rank, [samples, …]. */
  readonly images: Uint8Array;
  /**
   * One whole number from 0 per sample: shape [samples], or [samples, 8] as in QMNIST, where the first number is the
   * class.
   */
  readonly labels: Uint8Array;
}

/**
 * Makes a data set from two IDX files. Features have the shape of the images, in float32, or in float64 if float32
 * cannot hold the numbers; classes are numbered up to the largest label.
 *
 * @throws if a label is not a whole number from 0, or implies far more classes than samples; or if a feature is NaN or
 * infinite.
 */
export function fromIdx(files: IdxFiles, given?: Given<typeof OPTIONS>): Dataset {
  const { name, scaled } = resolve('fromIdx', OPTIONS, given);
  const { images: ofImages, labels: ofLabels } = plain('fromIdx', files);
  const where = `${name}: images`;
  const images = readIdx(ofImages, where);
  const numbers = labelsOf(`${name}: labels`, readIdx(ofLabels, `${name}: labels`));
  const classes = numberedClasses(`${name}: labels`, numbers);
  const { data, shape } = images;
  const stray = images.bytes ? -1 : data.findIndex((value) => !Number.isFinite(value));
  if (stray >= 0) {
    const sample = Math.floor(stray / sizeOf(shape.slice(1)));
    const received = `${data[stray]} in sample ${sample}, counted from 0`;
    throw new NormtapeError({ where, expected: 'finite numbers', received });
  }
  // In place: the array is not shared.
  if (scaled && images.bytes) for (let i = 0; i < data.length; i++) data[i]! /= 255;
  return dataset(name, fromFlat(data, shape), Int32Array.from(numbers), classes);
}

/** The numbers per sample in QMNIST: the class, then the writer and the origin. */
const QMNIST = 8;

function labelsOf(where: string, { shape, data }: IdxArray): Numbers {
  const [, width = 1] = shape;
  if (shape.length === 1 || (shape.length === 2 && (width === 1 || width === QMNIST))) {
    return data.filter((_, i) => i % width === 0);
  }
  const expected = 'labels of the shape [samples], or [samples, 8] as in QMNIST';
  throw new NormtapeError({ where, expected, received: shape });
}
