import { expect } from 'chai';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { Conv1D } from '../../src/nn/conv1d.js';
import { SpatialDropout2D } from '../../src/nn/dropout.js';
import { Reshape } from '../../src/nn/reshape.js';
import { AdaptiveAveragePooling2D, AdaptiveMaxPooling2D, UpSampling2D } from '../../src/nn/resizing.js';
import { Conv2DTranspose } from '../../src/nn/transposed-convolution.js';
import { conv1d, conv2dTranspose, slice } from '../../src/ops/catalog.js';
import { full, randomNormal, zeros } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;

describe('conv2dTranspose', () => {
  it('refuses padding that leaves no pixel', () => {
    const kernel = zeros([3, 2, 3, 3]);
    for (const padding of [
      [2, 0],
      [2, 1],
    ] as const)
      expect(failure(() => conv2dTranspose(zeros([2, 1, 1, 3]), kernel, { padding }))).to.match(
        /^conv2dTranspose: expected less padding, so that at least one pixel of the output is left, received \[-1,/,
      );
  });
});

describe('Conv1D', () => {
  it('slides its kernel, adds its bias and applies its activation', () => {
    const x = randomNormal([2, 7, 4], { seed: 1, ...wide });
    const layer = new Conv1D(6, 3, {
      groups: 2,
      stride: 2,
      padding: 'same',
      activation: 'relu',
      biasInitializer: { type: 'constant', value: 0.25 },
    });
    const y = layer.forward(x);
    expect(layer.kernel!.shape).to.deep.equal([3, 2, 6]);
    const plain = conv1d(x, layer.kernel!, { groups: 2, stride: 2, padding: 'same' }).value.data;
    expect([...y.value.data]).to.deep.equal([...plain].map((value) => Math.max(0, value + 0.25)));
    expect(y.shape).to.deep.equal([2, 4, 6]);
    assertGradients((input) => layer.forward(input!), [x]);
  });

  it('ignores later steps with causal padding', () => {
    const layer = new Conv1D(2, 3, { padding: 'causal', dilation: 2, seed: 1 });
    const x = randomNormal([1, 9, 2], { seed: 2, ...wide });
    const whole = layer.forward(x);
    for (let steps = 1; steps <= 9; steps++) {
      const head = layer.forward(slice(x, [[], [0, steps]]));
      expect(head.toArray()).to.deep.equal(slice(whole, [[], [0, steps]]).toArray());
    }
  });

  it('rejects inputs that are no sequences, groups that do not divide, and unknown words', () => {
    expect(failure(() => new Conv1D(2, 3).forward(zeros([2, 3])))).to.match(
      /^Conv1D: expected sequences \[samples, steps, channels\]/,
    );
    expect(failure(() => new Conv1D(3, 2, { groups: 2 }))).to.equal(
      'Conv1D.groups: expected a divisor of 3 filters, received 2.',
    );
    expect(failure(() => new Conv1D(2, 2, { groups: 2 }).forward(zeros([1, 4, 3])))).to.match(
      /a divisor of 3 channels/,
    );
    expect(failure(() => new Conv1D(2, 2, { padding: 'full' as never }))).to.match(
      /^Conv1D\.padding: expected same, valid, causal or a whole number/,
    );
    expect(failure(() => new Conv1D(undefined as never, 2))).to.match(/^Conv1D\.filters/);
    const layer = new Conv1D(2, 2);
    layer.forward(zeros([1, 4, 3]));
    expect(failure(() => layer.forward(zeros([1, 4, 2])))).to.match(
      /sequences for a kernel \[2,3,2\], as before/,
    );
  });
});

describe('Conv2DTranspose', () => {
  it('enlarges images, and is the transpose of the convolution with the same options', () => {
    const x = randomNormal([2, 3, 4, 3], { seed: 1, ...wide });
    const layer = new Conv2DTranspose(2, [3, 2], { stride: 2, padding: 'same', useBias: false });
    const y = layer.forward(x);
    expect(layer.kernel!.shape).to.deep.equal([3, 2, 2, 3]);
    expect(y.shape).to.deep.equal([2, 6, 8, 2]);
    expect(y.toArray()).to.deep.equal(
      conv2dTranspose(x, layer.kernel!, { stride: 2, padding: 'same' }).toArray(),
    );
    assertGradients((input) => layer.forward(input!), [x]);
  });

  it('refuses output padding that a step does not leave room for', () => {
    expect(failure(() => new Conv2DTranspose(2, 3, { stride: 2, outputPadding: 2 }))).to.equal(
      'Conv2DTranspose.outputPadding: expected fewer pixels than the stride, received 2.',
    );
    expect(
      failure(() => new Conv2DTranspose(2, 3, { stride: 2, padding: 'same', outputPadding: 1 })),
    ).to.match(/0 with padding 'same'/);
    expect(failure(() => conv2dTranspose(zeros([1, 2, 2, 3]), zeros([2, 2, 3, 2])))).to.match(
      /a kernel \[rows, columns, filters, channels\]/,
    );
  });
});

describe('layers that resize images', () => {
  const x = randomNormal([2, 3, 5, 2], { seed: 1, ...wide });

  it('repeat pixels, or interpolate between their centers', () => {
    const y = new UpSampling2D([2, 3]).forward(x);
    expect(y.shape).to.deep.equal([2, 6, 15, 2]);
    expect(y.value.get(1, 3, 7, 1)).to.equal(x.value.get(1, 1, 2, 1));
    const lines = new UpSampling2D(2, { interpolation: 'bilinear' }).forward(full([1, 2, 2, 1], 3, wide));
    expect(new Set(lines.value.data)).to.deep.equal(new Set([3]));
    expect(failure(() => new UpSampling2D(2, { interpolation: 'cubic' as never }))).to.match(
      /^UpSampling2D\.interpolation: expected one of nearest, bilinear/,
    );
    expect(failure(() => new UpSampling2D(0))).to.match(/^UpSampling2D\.size/);
  });

  it('pool to one size whatever the size of the images', () => {
    for (const Layer of [AdaptiveAveragePooling2D, AdaptiveMaxPooling2D]) {
      expect(new Layer([2, 3]).forward(x).shape).to.deep.equal([2, 2, 3, 2]);
      expect(new Layer(2).forward(zeros([1, 9, 4, 3])).shape).to.deep.equal([1, 2, 2, 3]);
      expect(failure(() => new Layer(1.5))).to.match(/outputSize: expected a whole number from 1/);
      expect(failure(() => new Layer(1).forward(zeros([2, 3])))).to.match(
        /expected images \[samples, height, width, channels\]/,
      );
    }
  });
});

describe('SpatialDropout2D', () => {
  it('drops whole channels of a sample and scales the others', () => {
    const y = new SpatialDropout2D(0.5, { seed: 4 }).forward(full([8, 3, 3, 16], 1, wide));
    const sums = Array.from({ length: 8 * 16 }, (_, k) => {
      const pixels = Array.from({ length: 9 }, (_, p) =>
        y.value.get(k >> 4, Math.floor(p / 3), p % 3, k & 15),
      );
      expect(new Set(pixels).size).to.equal(1);
      return pixels[0]!;
    });
    expect(new Set(sums)).to.deep.equal(new Set([0, 2]));
    expect(failure(() => new SpatialDropout2D(0.5).forward(zeros([2, 3])))).to.match(
      /^SpatialDropout2D: expected images/,
    );
  });
});

describe('Reshape', () => {
  it('keeps the numbers of each sample in row-major order', () => {
    const x = randomNormal([2, 3, 4], { seed: 1, ...wide });
    const y = new Reshape([6, 2]).forward(x);
    expect(y.shape).to.deep.equal([2, 6, 2]);
    expect([...y.value.data]).to.deep.equal([...x.value.data]);
    expect(new Reshape([2, -1]).forward(x).shape).to.deep.equal([2, 2, 6]);
    expect(new Reshape([-1]).forward(zeros([3])).shape).to.deep.equal([3, 1]);
    assertGradients((input) => new Reshape([-1, 3]).forward(input!), [x]);
  });

  it('rejects shapes that are none, and samples of another size', () => {
    for (const shape of [[0], [-1, -1], [1.5], [-2], '2', undefined])
      expect(failure(() => new Reshape(shape as never))).to.match(
        /^Reshape.shape: expected a list of sizes, of which one may be -1/,
      );
    expect(failure(() => new Reshape([2]).forward(zeros([2, 3])))).to.equal(
      'Reshape: expected samples of 2 elements, received [2,3].',
    );
    // The elements of all samples together would fit.
    expect(failure(() => new Reshape([-1, 2]).forward(zeros([2, 3])))).to.equal(
      'Reshape: expected samples of a multiple of 2 elements, received [2,3].',
    );
    expect(failure(() => new Reshape([1]).forward(zeros([])))).to.match(/^Reshape: expected samples of 1/);
  });
});
