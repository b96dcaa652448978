import fc from 'fast-check';
import { fromIdx } from '../../../src/data/index.js';
import { door } from '../door.js';

const WRITERS = {
  8: [1, 'setUint8'],
  9: [1, 'setInt8'],
  11: [2, 'setInt16'],
  12: [4, 'setInt32'],
  13: [4, 'setFloat32'],
  14: [8, 'setFloat64'],
} as const;
type Code = keyof typeof WRITERS;

const numbers = fc.oneof(
  { weight: 40, arbitrary: fc.integer({ min: 0, max: 3 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(NaN, Infinity, -1, 0.5, 1e300, 2 ** 31 - 1, 2 ** 24, 70000, 255, -0),
  },
);

const code = fc.constantFrom<Code>(8, 8, 8, 9, 11, 12, 13, 14);

/** The bytes of a file of this shape, with a few of them exchanged, added or cut off. */
const file = (shape: fc.Arbitrary<readonly number[]>): fc.Arbitrary<Uint8Array> =>
  fc
    .record({
      code,
      shape,
      data: fc.array(numbers, { minLength: 1, maxLength: 8 }),
      changes: fc.array(fc.tuple(fc.nat({ max: 60 }), fc.constantFrom(0, 1, 2, 8, 127, 128, 255)), {
        maxLength: 2,
      }),
      isChanged: fc.constantFrom(false, false, false, false, false, true),
      cut: fc.constantFrom(...Array.from({ length: 20 }, () => 0), 1, -1, 7, 1000),
    })
    .map(({ code: kind, shape: sizes, data, changes, isChanged, cut }) => {
      const [bytes, write] = WRITERS[kind];
      const size = sizes.reduce((product, n) => product * n, 1);
      const start = 4 + 4 * sizes.length;
      const view = new DataView(new ArrayBuffer(start + bytes * size));
      view.setUint32(0, (kind << 8) + sizes.length);
      sizes.forEach((n, axis) => view.setUint32(4 + 4 * axis, n));
      for (let i = 0; i < size; i++) view[write](start + bytes * i, data[i % data.length]!);
      const whole = new Uint8Array(view.buffer);
      if (isChanged) for (const [at, byte] of changes) whole[at % whole.length] = byte;
      if (cut < 0) return Uint8Array.of(...whole, 0);
      return whole.subarray(0, Math.max(whole.length - cut, 0));
    });

const count = fc.integer({ min: 0, max: 5 });

/** The door of IDX files: two matching files, mostly, with wrong headers and numbers. */
export const idx = door({
  name: 'idx',
  input: count
    .chain((samples) =>
      fc.record({
        images: fc.oneof(
          { weight: 6, arbitrary: file(fc.array(count, { maxLength: 3 }).map((rest) => [samples, ...rest])) },
          { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
        ),
        labels: file(fc.constantFrom([samples], [samples], [samples, 1], [samples, 8], [samples, 3])),
        scaled: fc.boolean(),
      }),
    )
    .map((given) => ({
      ...given,
      words: `images [${given.images.join()}], labels [${given.labels.join()}]`,
    })),
  enter({ images, labels, scaled }) {
    const before = [images.join(), labels.join()];
    const data = fromIdx({ images, labels }, { scaled });
    const values = data.features.value.data;
    if (!values.every(Number.isFinite)) throw new Error('all features are finite');
    if (data.labels.length !== data.features.shape[0]) throw new Error('each sample has a label');
    if (data.labels.some((label) => !(label >= 0 && label < data.classes.length))) {
      throw new Error('each label is a class');
    }
    if (data.classes.length > Math.max(data.labels.length, 65536)) throw new Error('classes are bounded');
    if (values.length > images.length) throw new Error('there are no more numbers than bytes');
    if ([images.join(), labels.join()].join() !== before.join()) throw new Error('files stay as they are');
  },
});
