import { expect } from 'chai';
import fc from 'fast-check';
import { type Pair, ROUNDOFF, distance, flat, fromFlat, full as filled } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { averagePool2d, conv2d, depthwiseConv2d, matmul, maxPool2d, reshape } from '../../src/ops/catalog.js';
import type { ConvolutionOptions } from '../../src/ops/convolution.js';
import { full, ones, randomNormal, zeros } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const normal = (shape: readonly number[], seed: number, dtype: 'float32' | 'float64' = 'float64'): Tensor =>
  randomNormal(shape, { seed, dtype });

interface Setting {
  readonly stride: Pair;
  readonly padding: Pair | 'same' | 'valid';
  readonly dilation: Pair;
}

const pair = (min: number, max: number): fc.Arbitrary<Pair> =>
  fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }));

const settings: fc.Arbitrary<Setting> = fc.record({
  stride: pair(1, 3),
  padding: fc.oneof(pair(0, 2), fc.constantFrom('same' as const, 'valid' as const)),
  dilation: pair(1, 2),
});

/** Where the first window begins, and how many there are, along one axis; written down from what Keras and PyTorch say. */
function along(n: number, size: number, { stride, padding, dilation }: Setting, axis: 0 | 1) {
  const reach = (size - 1) * dilation[axis] + 1;
  if (padding === 'same') {
    const count = Math.ceil(n / stride[axis]);
    const total = Math.max(0, (count - 1) * stride[axis] + reach - n);
    return { start: -Math.floor(total / 2), count };
  }
  const around = padding === 'valid' ? 0 : padding[axis];
  return { start: -around, count: Math.floor((n + 2 * around - reach) / stride[axis]) + 1 };
}

/** What each window sees: for each, the list of [row of the window, column of it, pixel row, pixel column]. */
function seen([, height, width]: readonly number[], size: Pair, setting: Setting) {
  const [down, across] = [along(height!, size[0], setting, 0), along(width!, size[1], setting, 1)];
  const places = Array.from({ length: Math.max(0, down.count) }, (_, i) =>
    Array.from({ length: Math.max(0, across.count) }, (_, j) =>
      Array.from({ length: size[0] * size[1] }, (_, k) => {
        const [r, c] = [Math.floor(k / size[1]), k % size[1]];
        const y = down.start + i * setting.stride[0] + r * setting.dilation[0];
        const x = across.start + j * setting.stride[1] + c * setting.dilation[1];
        return [r, c, y, x] as const;
      }).filter(([, , y, x]) => y >= 0 && y < height! && x >= 0 && x < width!),
    ),
  );
  return { down: down.count, across: across.count, places };
}

const at = (x: Tensor, ...index: number[]): number => x.value.get(...index);

const cases = fc.record({
  image: fc.tuple(
    fc.integer({ min: 1, max: 3 }),
    fc.integer({ min: 1, max: 6 }),
    fc.integer({ min: 1, max: 6 }),
  ),
  size: pair(1, 3),
  groups: fc.integer({ min: 1, max: 3 }),
  count: fc.integer({ min: 1, max: 2 }),
  own: fc.integer({ min: 1, max: 2 }),
  setting: settings,
  seed: fc.nat(1000),
});

describe('convolution', () => {
  it('is the product of each window with the kernel, group by group', () => {
    fc.assert(
      fc.property(cases, ({ image, size, groups, count, own, setting, seed }) => {
        const x = normal([...image, groups * count], seed);
        const kernel = normal([...size, count, groups * own], seed + 1);
        const { down, across, places } = seen(x.shape, size, setting);
        fc.pre(down > 0 && across > 0);
        const y = conv2d(x, kernel, { ...setting, groups });
        expect(y.shape).to.deep.equal([image[0], down, across, groups * own]);
        for (let n = 0; n < image[0]; n++)
          places.forEach((line, i) =>
            line.forEach((pixels, j) => {
              for (let f = 0; f < groups * own; f++) {
                const group = Math.floor(f / own);
                let expected = 0;
                for (const [r, c, py, px] of pixels)
                  for (let k = 0; k < count; k++)
                    expected += at(x, n, py, px, group * count + k) * at(kernel, r, c, k, f);
                expect(at(y, n, i, j, f)).to.be.closeTo(expected, 1e-13);
              }
            }),
          );
      }),
    );
  });

  it('of each channel by itself equals one of as many groups, forward and backward', () => {
    fc.assert(
      fc.property(cases, ({ image, size, groups: channels, own: multiplier, setting, seed }) => {
        const x = normal([...image, channels], seed);
        const { down, across } = seen(x.shape, size, setting);
        fc.pre(down > 0 && across > 0);
        const kernel = normal([...size, channels, multiplier], seed + 1);
        const run = (f: () => Tensor) => {
          const { value, pullback } = vjp(f);
          const gradients = pullback(normal(value.shape, seed + 2));
          return [value, gradients.of(x)!, gradients.of(kernel)!];
        };
        const apart = run(() => depthwiseConv2d(x, kernel, setting));
        const grouped = run(() =>
          conv2d(x, reshape(kernel, [...size, 1, channels * multiplier]), { ...setting, groups: channels }),
        );
        apart.forEach((one, i) => expect(distance(one.value, grouped[i]!.value)).to.be.below(1e-13));
      }),
    );
  });

  it('of one pixel is a matrix product, and samples are independent', () => {
    const x = normal([5, 3, 4, 2], 1);
    const kernel = normal([1, 1, 2, 3], 2);
    expect(distance(conv2d(x, kernel).value, matmul(x, reshape(kernel, [2, 3])).value)).to.be.below(1e-15);
    // More windows than are laid out at a time.
    const many = normal([7, 20, 20, 1], 3);
    const window = normal([3, 3, 1, 2], 4);
    const whole = conv2d(many, window, { padding: 'same' });
    const last = conv2d(new Tensor(fromFlat(flat(many.value).slice(-400), [1, 20, 20, 1])), window, {
      padding: 'same',
    });
    expect(flat(whole.value).slice(-800)).to.deep.equal(flat(last.value));
  });

  it('has small rounding errors in float32', () => {
    const [x, kernel] = [normal([2, 9, 9, 8], 1, 'float32'), normal([3, 3, 8, 4], 2, 'float32')];
    const run = (a: Tensor, b: Tensor) => {
      const { value, pullback } = vjp(() => conv2d(a, b, { padding: 'same' }));
      const gradients = pullback(normal(value.shape, 3, 'float32').cast(value.dtype));
      return [value, gradients.of(a)!, gradients.of(b)!];
    };
    const exact = run(x.cast('float64'), kernel.cast('float64'));
    run(x, kernel).forEach((y, i) => {
      const size = distance(exact[i]!.value, filled([], 0, 'float64'));
      expect(distance(y.cast('float64').value, exact[i]!.value)).to.be.below(64 * ROUNDOFF.float32 * size);
    });
  });

  it('takes an empty batch', () => {
    const kernel = ones([2, 2, 1, 3]);
    const { value, pullback } = vjp(() => conv2d(zeros([0, 4, 4, 1]), kernel));
    expect(value.shape).to.deep.equal([0, 3, 3, 3]);
    expect(pullback().of(kernel)!.toArray()).to.deep.equal(zeros([2, 2, 1, 3]).toArray());
  });

  it('rejects shapes and options that do not fit', () => {
    const [x, kernel] = [ones([1, 4, 4, 6]), ones([3, 3, 3, 4])];
    const wrong = (options: object, weights = kernel, images = x): string =>
      failure(() => conv2d(images, weights, options as ConvolutionOptions));
    expect(wrong({})).to.equal(
      'conv2d: expected a kernel [rows, columns, 6 channels / 1 groups, filters], with a multiple of the groups for filters, received [3,3,3,4].',
    );
    expect(wrong({ groups: 2 })).to.equal('no error');
    expect(wrong({ groups: 2 }, ones([3, 3, 3, 5]))).to.include('conv2d: expected a kernel');
    expect(wrong({ groups: 2 }, ones([5, 1, 3, 2]))).to.equal(
      "conv2d: expected images that a window of 5 × 1 fits into, received [1,4,4,6]. With padding: 'same' any would do.",
    );
    expect(wrong({}, kernel, ones([4, 4, 3]))).to.equal(
      'conv2d: expected images [samples, height, width, channels], received [4,4,3].',
    );
    expect(wrong({}, ones([3, 3, 6]))).to.equal(
      'conv2d: expected a kernel of rank 4 without axes of size 0, received [3,3,6].',
    );
    expect(wrong({ stride: 0 })).to.equal(
      'conv2d.stride: expected a whole number from 1, or two of them for rows and columns, received 0.',
    );
    expect(wrong({ padding: 'full' })).to.equal(
      'conv2d.padding: expected same, valid or a whole number from 0, or two of them for rows and columns, received "full".',
    );
    expect(wrong({ dilation: [1, 2, 3] })).to.include('conv2d.dilation: expected');
    expect(failure(() => depthwiseConv2d(x, ones([1, 1, 5, 1])))).to.equal(
      'depthwiseConv2d: expected a kernel [rows, columns, 6 channels, multiplier], received [1,1,5,1].',
    );
  });
});

describe('pooling', () => {
  it('takes the maximum and the mean of each window', () => {
    fc.assert(
      fc.property(cases, ({ image, size, count: channels, setting, seed }) => {
        const padding =
          typeof setting.padding === 'string'
            ? setting.padding
            : (setting.padding.map((n, axis) => Math.min(n, size[axis]! - 1)) as unknown as Pair);
        const own = { ...setting, padding, dilation: [1, 1] as Pair };
        const x = normal([...image, channels], seed);
        const { down, across, places } = seen(x.shape, size, own);
        fc.pre(down > 0 && across > 0);
        const options = { size, stride: own.stride, padding };
        const [most, mean] = [maxPool2d(x, options), averagePool2d(x, options)];
        for (const y of [most, mean]) expect(y.shape).to.deep.equal([image[0], down, across, channels]);
        for (let n = 0; n < image[0]; n++)
          places.forEach((line, i) =>
            line.forEach((pixels, j) => {
              for (let c = 0; c < channels; c++) {
                const values = pixels.map(([, , py, px]) => at(x, n, py, px, c));
                expect(at(most, n, i, j, c)).to.equal(Math.max(...values));
                const sum = values.reduce((total, value) => total + value, 0);
                expect(at(mean, n, i, j, c)).to.be.closeTo(sum / values.length, 1e-14);
              }
            }),
          );
      }),
    );
  });

  it('keeps constants, edges included, and lets a NaN win', () => {
    const x = full([1, 5, 5, 2], 1 / 3);
    for (const pool of [maxPool2d, averagePool2d]) {
      const y = pool(x, { size: 3, stride: 2, padding: 'same' });
      expect(y.toArray()).to.deep.equal(full([1, 3, 3, 2], 1 / 3).toArray());
    }
    const spoilt = tensor([[[[1]], [[NaN]], [[2]], [[3]]]]);
    expect(maxPool2d(spoilt, { size: [2, 1] }).toArray()).to.deep.equal([[[[NaN]], [[3]]]]);
  });

  it('splits the gradient of a tie evenly', () => {
    const x = tensor([
      [
        [[2], [2], [0]],
        [[1], [2], [0]],
      ],
    ]);
    const { pullback } = vjp(() => maxPool2d(x, { size: 2, stride: 1 }));
    const pulled = pullback(tensor([[[[3], [1]]]])).of(x)!;
    expect(pulled.toArray()).to.deep.equal([
      [
        [[1], [1.5], [0]],
        [[0], [1.5], [0]],
      ],
    ]);
  });

  it('rejects shapes and options that do not fit', () => {
    expect(failure(() => maxPool2d(ones([1, 1, 4, 1])))).to.equal(
      "maxPool2d: expected images that a window of 2 × 2 fits into, received [1,1,4,1]. With padding: 'same' any would do.",
    );
    expect(failure(() => averagePool2d(ones([1, 4, 4, 1]), { padding: 2 }))).to.equal(
      'averagePool2d.padding: expected padding smaller than the window, so that every window covers part of the image, received [2,2].',
    );
    expect(failure(() => maxPool2d(ones([1, 4, 4, 1]), { size: [0, 1] }))).to.include(
      'maxPool2d.size: expected',
    );
    expect(failure(() => maxPool2d(ones([1, 4, 4, 1]), { dilation: 2 } as object))).to.equal(
      'maxPool2d: expected one of the options size, stride, padding, received "dilation".',
    );
  });
});
