import { expect } from 'chai';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import { type Conv2DOptions, Conv2D, DepthwiseConv2D } from '../../src/nn/convolution.js';
import {
  AveragePooling2D,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  MaxPooling2D,
} from '../../src/nn/pooling.js';
import { Sequential } from '../../src/nn/sequential.js';
import {
  averagePool2d,
  conv2d,
  depthwiseConv2d,
  max,
  maxPool2d,
  mean,
  relu,
  sum,
} from '../../src/ops/catalog.js';
import { ones, randomNormal, zeros } from '../../src/ops/create.js';
import { SGD } from '../../src/optim/sgd.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;
const images = randomNormal([2, 5, 6, 4], { seed: 1, ...wide });

describe('convolutional layers', () => {
  it('slide their kernel, add their bias and apply their activation', () => {
    const layer = new Conv2D(6, [3, 2], {
      groups: 2,
      stride: [2, 1],
      padding: 'same',
      dilation: [1, 2],
      activation: 'relu',
      biasInitializer: { type: 'constant', value: 0.25 },
      seed: 3,
    });
    const y = layer.forward(images);
    expect(layer.kernel!.shape).to.deep.equal([3, 2, 2, 6]);
    expect(layer.bias!.shape).to.deep.equal([6]);
    const options = { groups: 2, stride: [2, 1], padding: 'same', dilation: [1, 2] } as const;
    const plain = conv2d(images, layer.kernel!, options).value.data;
    expect([...y.value.data]).to.deep.equal([...plain].map((value) => Math.max(0, value + 0.25)));
    expect(y.shape).to.deep.equal([2, 3, 6, 6]);

    const each = new DepthwiseConv2D(3, { depthMultiplier: 2, padding: 1, stride: 2, useBias: false });
    const z = each.forward(images);
    expect(each.kernel!.shape).to.deep.equal([3, 3, 4, 2]);
    expect(z.shape).to.deep.equal([2, 3, 3, 8]);
    expect(z.toArray()).to.deep.equal(
      depthwiseConv2d(images, each.kernel!, { padding: 1, stride: 2 }).toArray(),
    );
    expect([...each.namedParameters().keys()]).to.deep.equal(['kernel']);
  });

  it('start from the same bits for the same seed, with the fans that Keras takes from the shape', () => {
    const weights = (seed: number) => {
      const layer = new Conv2D(40, 3, { seed });
      layer.build([1, 8, 8, 20]);
      return layer.kernel!.value.data;
    };
    expect(weights(1)).to.deep.equal(weights(1));
    expect(weights(1)).not.to.deep.equal(weights(2));
    // Glorot's bound counts the pixels of a window: √(6 / (9 · 20 + 9 · 40)).
    const bound = Math.sqrt(6 / (9 * 20 + 9 * 40));
    const most = Math.max(...weights(1).map(Math.abs));
    expect(most).to.be.within(0.98 * bound, bound);
    const drawn = new DepthwiseConv2D(2);
    expect(drawn.seed).to.be.a('number');
  });

  it('give the gradients of images, kernel and bias', () => {
    for (const layer of [
      new Conv2D(2, 2, { activation: 'tanh', seed: 1 }),
      new DepthwiseConv2D(2, { activation: 'tanh', seed: 2 }),
    ]) {
      const x = randomNormal([1, 3, 3, 2], { seed: 4, ...wide });
      layer.forward(x);
      assertGradients((input) => layer.forward(input!), [x, layer.kernel!, layer.bias!]);
    }
  });

  it('train with regularizers and constraints, and can be frozen before they are built', () => {
    const layer = new Conv2D(1, 1, {
      kernelInitializer: 'ones',
      kernelRegularizer: { type: 'l2', l2: 0.5 },
      kernelConstraint: 'non_neg',
      biasConstraint: { type: 'min_value', minValue: -1 },
    });
    const x = ones([1, 2, 2, 3]);
    const { gradients } = valueAndGrad(() => sum(layer.forward(x)), layer);
    expect(layer.penalty().item()).to.equal(1.5);
    new SGD({ learningRate: 1 }).step(gradients);
    expect(layer.kernel!.toArray()).to.deep.equal([[[[0], [0], [0]]]]);
    expect(layer.bias!.toArray()).to.deep.equal([-1]);
    const frozen = new DepthwiseConv2D(1).freeze();
    frozen.forward(x);
    expect(frozen.parameters().map(({ trainable }) => trainable)).to.deep.equal([false, false]);
  });

  it('reject inputs that do not fit', () => {
    const wrong = (options: object, shape = [1, 4, 4, 3]) =>
      failure(() => new Conv2D(4, 3, options as Conv2DOptions).build(shape));
    expect(wrong({ groups: 3 })).to.equal('Conv2D.groups: expected a divisor of 4 filters, received 3.');
    expect(wrong({ groups: 2 })).to.equal('Conv2D.groups: expected a divisor of 3 channels, received 2.');
    expect(wrong({}, [4, 4, 3])).to.equal(
      'Conv2D: expected images [samples, height, width, channels], received [4,4,3].',
    );
    expect(wrong({ stride: 1.5 })).to.equal(
      'Conv2D.stride: expected a whole number from 1, or two of them for rows and columns, received 1.5.',
    );
    expect(wrong({ strides: 2 })).to.include('received "strides". Did you mean stride?');
    expect(failure(() => new Conv2D(undefined as never, 3))).to.equal(
      'Conv2D.filters: expected a whole number from 1, received null.',
    );
    expect(failure(() => new Conv2D(4, 0))).to.include('Conv2D.kernelSize: expected');
    expect(failure(() => new DepthwiseConv2D(3, { depthMultiplier: 0 }))).to.include(
      'DepthwiseConv2D.depthMultiplier: expected',
    );
    const layer = new DepthwiseConv2D(3);
    layer.build([1, 4, 4, 3]);
    layer.build([7, 9, 8, 3]);
    expect(failure(() => layer.build([1, 4, 4, 2]))).to.equal(
      'DepthwiseConv2D: expected images for a kernel [3,3,3,1], as before, received [1,4,4,2].',
    );
    expect(failure(() => layer.forward(zeros([1, 4, 4, 3], wide)))).to.equal(
      'DepthwiseConv2D: expected an input of float32, as before, received "float64". Convert the input with cast(\'float32\').',
    );
  });
});

describe('pooling layers', () => {
  it('equal the ops of their names', () => {
    const options = { stride: 1, padding: 'same' } as const;
    const same = (layer: { forward(x: typeof images): typeof images }, expected: typeof images) =>
      expect(layer.forward(images).toArray()).to.deep.equal(expected.toArray());
    same(new MaxPooling2D(), maxPool2d(images, { size: 2, stride: 2 }));
    same(new AveragePooling2D(), averagePool2d(images));
    same(new MaxPooling2D([2, 3], options), maxPool2d(images, { size: [2, 3], ...options }));
    same(new AveragePooling2D(3, options), averagePool2d(images, { size: 3, ...options }));
    same(new GlobalAveragePooling2D(), mean(images, [1, 2]));
    same(new GlobalMaxPooling2D(), max(images, [1, 2]));
  });

  it('work in a Sequential that ends in rows', () => {
    const model = new Sequential([new Conv2D(3, 2), relu, new MaxPooling2D(), new Flatten()]);
    expect(model.forward(images.cast('float32')).shape).to.deep.equal([2, 2 * 2 * 3]);
    const x = randomNormal([2, 3, 2], { seed: 1 });
    expect([...new Flatten().forward(x).value.data]).to.deep.equal([...x.value.data]);
    expect(new Flatten().forward(zeros([3])).shape).to.deep.equal([3, 1]);
  });

  it('reject inputs that do not fit', () => {
    expect(failure(() => new MaxPooling2D(0))).to.include('MaxPooling2D.size: expected');
    expect(failure(() => new AveragePooling2D(2, { padding: 2 }))).to.include(
      'AveragePooling2D.padding: expected',
    );
    expect(failure(() => new GlobalMaxPooling2D().forward(zeros([2, 3])))).to.equal(
      'GlobalMaxPooling2D: expected images [samples, height, width, channels], received [2,3].',
    );
    expect(failure(() => new Flatten().forward(zeros([])))).to.equal(
      'Flatten: expected an input with a batch axis, received [].',
    );
  });
});
