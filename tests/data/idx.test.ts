import { expect } from 'chai';
import fc from 'fast-check';
import { fromIdx, readIdx } from '../../src/data/index.js';

const KINDS = {
  0x08: { bytes: 1, write: 'setUint8', least: 0, most: 255 },
  0x09: { bytes: 1, write: 'setInt8', least: -128, most: 127 },
  0x0b: { bytes: 2, write: 'setInt16', least: -32768, most: 32767 },
  0x0c: { bytes: 4, write: 'setInt32', least: -(2 ** 31), most: 2 ** 31 - 1 },
  0x0d: { bytes: 4, write: 'setFloat32', least: -4, most: 4 },
  0x0e: { bytes: 8, write: 'setFloat64', least: -4, most: 4 },
} as const;

/** The bytes of an IDX file, highest byte first. */
function idx(code: keyof typeof KINDS, shape: readonly number[], numbers: readonly number[]): Uint8Array {
  const { bytes, write } = KINDS[code];
  const view = new DataView(new ArrayBuffer(4 + 4 * shape.length + bytes * numbers.length));
  view.setUint32(0, (code << 8) + shape.length);
  shape.forEach((n, axis) => view.setUint32(4 + 4 * axis, n));
  numbers.forEach((n, i) => view[write](4 + 4 * shape.length + bytes * i, n));
  return new Uint8Array(view.buffer);
}

const pixels = idx(0x08, [2, 1, 2], [0, 51, 102, 255]);
const labels = idx(0x08, [2], [2, 0]);

describe('IDX files', () => {
  it('use the first of eight numbers as the class, as in QMNIST', () => {
    const qmnist = idx(0x0c, [2, 8], [2, 0, 1, 2, 3, 4, 5, 6, 1, 0, 9, 9, 9, 9, 9, 9]);
    const { labels: numbers, classes } = fromIdx({ images: pixels, labels: qmnist });
    expect([[...numbers], classes.length]).to.deep.equal([[2, 1], 3]);
    expect(() => fromIdx({ images: pixels, labels: idx(0x08, [2, 3], [0, 1, 0, 1, 0, 0]) })).to.throw(
      'or [samples, 8] as in QMNIST, received [2,3].',
    );
  });

  it('keep whole numbers that float32 cannot hold', () => {
    const images = idx(0x0c, [2, 1], [16777216, 16777217]);
    const { features } = fromIdx({ images, labels });
    expect([features.dtype, features.toArray()]).to.deep.equal(['float64', [[16777216], [16777217]]]);
  });

  it('return every number of every kind in its position', () => {
    const cases = fc
      .tuple(
        fc.constantFrom(...(Object.keys(KINDS).map(Number) as (keyof typeof KINDS)[])),
        fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 4 }),
      )
      .chain(([code, shape]) => {
        const { least, most } = KINDS[code];
        const size = shape.reduce((product, n) => product * n, 1);
        const numbers = fc.array(fc.integer({ min: least, max: most }), { minLength: size, maxLength: size });
        return fc.tuple(fc.constant(code), fc.constant(shape), numbers);
      });
    fc.assert(
      fc.property(cases, ([code, shape, numbers]) => {
        const read = readIdx(idx(code, shape, numbers));
        expect(read.shape).to.deep.equal(shape);
        expect([...read.data]).to.deep.equal(numbers);
      }),
    );
  });

  it('may be a part of a larger buffer', () => {
    const larger = new Uint8Array([9, 9, 9, ...pixels]);
    expect([...readIdx(larger.subarray(3)).data]).to.deep.equal([0, 51, 102, 255]);
  });

  it('become a data set: pixels from 0 to 1, classes up to the largest label', () => {
    const data = fromIdx({ images: pixels, labels });
    expect(data.features.shape).to.deep.equal([2, 1, 2]);
    expect([...data.features.value.data]).to.deep.equal([0, 0.2, 0.4, 1].map(Math.fround));
    expect([...data.labels]).to.deep.equal([2, 0]);
    expect(data.classes).to.deep.equal(['0', '1', '2']);
    const raw = fromIdx({ images: pixels, labels }, { scaled: false });
    expect([...raw.features.value.data]).to.deep.equal([0, 51, 102, 255]);
    const floats = idx(0x0d, [2, 1], [255, -4]);
    expect([...fromIdx({ images: floats, labels }).features.value.data]).to.deep.equal([255, -4]);
  });

  it('may have more classes than samples only if they are few', () => {
    const count = 2 ** 16 + 2;
    const numbers = Array.from({ length: count }, (_, i) => i);
    const images = idx(
      0x08,
      [count, 1],
      Array.from({ length: count }, () => 0),
    );
    expect(fromIdx({ images, labels: idx(0x0c, [count], numbers) }).classes.length).to.equal(count);
    const few = idx(0x0c, [2], [0, 2 ** 16 - 1]);
    expect(fromIdx({ images: pixels, labels: few }).classes.length).to.equal(2 ** 16);
    numbers[0] = count;
    expect(() => fromIdx({ images, labels: idx(0x0c, [count], numbers) })).to.throw(
      `expected labels from 0 to ${count - 1} for ${count} samples, received ${count}.`,
    );
  });

  it('may be empty along an axis, whatever the sizes of the others', () => {
    const empty = idx(0x08, [2, ...Array.from({ length: 40 }, () => 2 ** 32 - 1), 0], []);
    expect(readIdx(empty).data.length).to.equal(0);
  });

  const cases: Readonly<Record<string, readonly [() => unknown, string]>> = {
    'an empty file': [
      () => readIdx(new Uint8Array()),
      'readIdx: expected an IDX file, which starts with 0, 0, the kind of its numbers (8, 9, 11 to 14) and a rank above 0, received [].',
    ],
    'another format': [
      () => readIdx(Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 1), 'photo.png'),
      'photo.png: expected an IDX file, which starts with 0, 0, the kind of its numbers (8, 9, 11 to 14) and a rank above 0, received [137,80,78,71].',
    ],
    'a packed file': [
      () => readIdx(Uint8Array.of(0x1f, 0x8b, 8, 1)),
      'received [31,139,8,1]. It is compressed with gzip: unpack it first.',
    ],
    'an unknown kind': [() => readIdx(Uint8Array.of(0, 0, 0x0a, 1)), 'received [0,0,10,1].'],
    'sizes cut off': [
      () => readIdx(pixels.subarray(0, 10)),
      'readIdx: expected 16 bytes for the sizes of its axes, received 10. The file is cut off.',
    ],
    'numbers cut off': [
      () => readIdx(pixels.subarray(0, 19)),
      'readIdx: expected 20 bytes for the shape [2,1,2], received 19. The file is cut off.',
    ],
    'more than it says': [
      () => readIdx(Uint8Array.of(...labels, 7)),
      'readIdx: expected 10 bytes for the shape [2], received 11. The file has more bytes after its numbers.',
    ],
    'labels that are images': [
      () => fromIdx({ images: pixels, labels: pixels }, { name: 'mnist' }),
      'mnist: labels: expected labels of the shape [samples], or [samples, 8] as in QMNIST, received [2,1,2].',
    ],
    'a label that asks for more classes than memory holds': [
      () => fromIdx({ images: pixels, labels: idx(0x0c, [2], [0, 2 ** 31 - 1]) }),
      'idx: labels: expected labels from 0 to 65535 for 2 samples, received 2147483647. Number the classes from 0, without gaps.',
    ],
    'a label beyond 32 bits': [
      () => fromIdx({ images: pixels, labels: idx(0x0e, [2], [0, 1e300]) }),
      'idx: labels: expected labels from 0 to 65535 for 2 samples, received 1e+300.',
    ],
    'a label that is not a number': [
      () => fromIdx({ images: pixels, labels: idx(0x0d, [2], [0, NaN]) }),
      'idx: labels: expected whole numbers from 0, received NaN.',
    ],
    'numbers that are not finite': [
      () => fromIdx({ images: idx(0x0d, [2, 2], [0, 1, 2, Infinity]), labels }),
      'idx: images: expected finite numbers, received "Infinity in sample 1, counted from 0".',
    ],
    'sizes whose product overflows': [
      () => readIdx(idx(0x08, [...Array.from({ length: 40 }, () => 2 ** 32 - 1), 1], [1])),
      'expected Infinity bytes for the shape [4294967295,',
    ],
    'a value that is not bytes': [
      () => readIdx([0, 0, 8, 1] as never),
      'readIdx: expected the bytes of an IDX file, in a Uint8Array, received [0,0,8,1].',
    ],
    'labels below 0': [
      () => fromIdx({ images: pixels, labels: idx(0x09, [2], [0, -1]) }),
      'idx: labels: expected whole numbers from 0, received -1.',
    ],
    'labels of other images': [
      () => fromIdx({ images: pixels, labels: idx(0x08, [3], [0, 0, 0]) }),
      'idx: expected a label for each of 2 samples, received "3 labels".',
    ],
  };
  for (const [name, [read, message]] of Object.entries(cases)) {
    it(`reject ${name}`, () => {
      expect(read).to.throw(message);
    });
  }
});
