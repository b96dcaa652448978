import { type Numbers, type Shape, fromFlat, map, sizeOf, store } from '../array/index.js';
import { demand, demandText } from '../demand.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, plain, resolve, text } from '../option/index.js';
import { type Dataset, dataset } from './dataset.js';

/** How one number lies in the file, by the third byte; all of them highest byte first. */
const KINDS: Readonly<Record<number, { readonly bytes: number; read(view: DataView, at: number): number }>> =
  {
    0x08: { bytes: 1, read: (view, at) => view.getUint8(at) },
    0x09: { bytes: 1, read: (view, at) => view.getInt8(at) },
    0x0b: { bytes: 2, read: (view, at) => view.getInt16(at) },
    0x0c: { bytes: 4, read: (view, at) => view.getInt32(at) },
    0x0d: { bytes: 4, read: (view, at) => view.getFloat32(at) },
    0x0e: { bytes: 8, read: (view, at) => view.getFloat64(at) },
  };

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
  demand(where, 'the bytes of a file, in a Uint8Array', isBytes, bytes);
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
  const size = sizeOf(shape);
  const end = start + size * kind.bytes;
  demandLength(where, bytes.length, end, `the shape ${JSON.stringify(shape)}`, (have) => have === end);
  const data = store(kind.bytes < 4 || code === 0x0d ? 'float32' : 'float64', size);
  for (let i = 0; i < size; i++) data[i] = kind.read(view, start + i * kind.bytes);
  return { shape, data, bytes: code === 0x08 };
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
 */
export function fromIdx(files: IdxFiles, given?: Given<typeof OPTIONS>): Dataset {
  const { name, scaled } = resolve('fromIdx', OPTIONS, given);
  plain('fromIdx', files);
  const images = readIdx(files.images, `${name}: images`);
  const labels = readIdx(files.labels, `${name}: labels`);
  const numbered = labelsOf(`${name}: labels`, labels);
  const stray = numbered.find((label) => !Number.isInteger(label) || label < 0);
  if (stray !== undefined) {
    throw new NormtapeError({ where: `${name}: labels`, expected: 'whole numbers from 0', received: stray });
  }
  const features = fromFlat(images.data, images.shape);
  const numbers = Int32Array.from(numbered);
  const count = numbers.reduce((most, label) => Math.max(most, label), -1) + 1;
  const classes = Array.from({ length: count }, (_, label) => String(label));
  const pixels = scaled && images.bytes ? map(features, (pixel) => pixel / 255) : features;
  return dataset(name, pixels, numbers, classes);
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
