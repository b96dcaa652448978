import { expect } from 'chai';
import ndarray from 'ndarray';
import { type NdArray, Random, copy, draw, flat, full } from '../../src/array/index.js';
import type { Parameter } from '../../src/autograd/parameter.js';
import { Tensor, tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { NormtapeError } from '../../src/error.js';
import type { Mask } from '../../src/norms/mask.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { createNormalizationLayer, normalizationTypes, norms } from '../../src/norms/normalizations.js';
import { add } from '../../src/ops/catalog.js';

const failure = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof NormtapeError) return error.message;
    throw error;
  }
  return 'no error';
};

const random = new Random(7);
const normal = (shape: readonly number[]): NdArray => draw(shape, () => random.normal(), 'float64');

/** A layer of each type in float64, with weights that are neither 0 nor 1. */
const built = (type: (typeof normalizationTypes)[number]): NormalizationLayer => {
  const layer = createNormalizationLayer(type) as NormalizationLayer;
  layer.build([4, 3], { dtype: 'float64' });
  const weights = Object.entries(layer.stateDict());
  layer.loadStateDict(
    Object.fromEntries(
      weights.map(([name, { shape }]) => [name, draw(shape, () => 0.5 + random.uniform(), 'float64')]),
    ),
  );
  return layer;
};

const outputsOf = (layer: NormalizationLayer, x: Tensor): readonly Tensor[] => [layer.forward(x)].flat();

const bits = (array: NdArray | undefined): readonly number[] => [...flat(array!)];

/** All gradients of one call, in order: of x, then of the weights. */
function gradients(layer: NormalizationLayer, x: Tensor, seeds: readonly Tensor[], between = () => {}) {
  const { pullback } = vjp(() => outputsOf(layer, x));
  between();
  const pulled = pullback(seeds);
  return [x, ...layer.parameters()].map((leaf) => bits(pulled.of(leaf)?.value));
}

const seedsFor = (layer: NormalizationLayer, x: Tensor): Tensor[] =>
  outputsOf(layer, x).map(({ shape }) => new Tensor(normal(shape)));

describe('a normalization layer', () => {
  for (const type of normalizationTypes) {
    describe(type, () => {
      it('adds up the gradients of a tensor that is used twice', () => {
        const layer = built(type);
        const x = new Tensor(normal([4, 3]));
        const seeds = seedsFor(layer, x);
        const twice = vjp(() => {
          const [one, other] = [outputsOf(layer, x), outputsOf(layer, x)];
          return one.map((y, i) => add(y, other[i]!));
        });
        const pulled = twice.pullback(seeds);
        const once = gradients(layer, x, seeds);
        expect(bits(pulled.of(x)?.value)).to.deep.equal(once[0]!.map((g) => 2 * g));
        layer.parameters().forEach((weight, i) => {
          expect(bits(pulled.of(weight)?.value)).to.deep.equal(once[i + 1]!.map((g) => 2 * g));
        });
      });

      it('pulls the same bits back twice, and from two calls in any order', () => {
        const layer = built(type);
        const [x, other] = [new Tensor(normal([4, 3])), new Tensor(normal([4, 3]))];
        const seeds = seedsFor(layer, x);
        const alone = [gradients(layer, x, seeds), gradients(layer, other, seeds)];
        const first = vjp(() => outputsOf(layer, x));
        const second = vjp(() => outputsOf(layer, other));
        const read = (pulled: ReturnType<typeof first.pullback>, leaf: Tensor) =>
          [leaf, ...layer.parameters()].map((tensor) => bits(pulled.of(tensor)?.value));
        expect(read(second.pullback(seeds), other)).to.deep.equal(alone[1]);
        expect(read(first.pullback(seeds), x)).to.deep.equal(alone[0]);
        expect(read(first.pullback(seeds), x)).to.deep.equal(alone[0]);
      });

      it('goes back with the weights it came with', () => {
        const layer = built(type);
        const x = new Tensor(normal([4, 3]));
        const seeds = seedsFor(layer, x);
        const before = gradients(layer, x, seeds);
        const kept = layer.parameters().map(({ value }) => value);
        const after = gradients(layer, x, seeds, () => {
          for (const weight of layer.parameters()) weight.value = full(weight.shape, 9, 'float64');
        });
        layer.parameters().forEach((weight, i) => (weight.value = kept[i]!));
        expect(after).to.deep.equal(before);
      });

      it('reads views as what they show', () => {
        const layer = built(type);
        const store = normal([6, 8]).data as Float64Array;
        const views = [
          ndarray(store, [4, 3], [1, 4], 0),
          ndarray(store, [4, 3], [9, 2], 5),
          ndarray(store, [4, 3], [-3, 1], 9),
          ndarray(store, [4, 3], [0, 1], 2),
        ] as NdArray[];
        for (const view of views) {
          const plain = new Tensor(copy(view));
          const seeds = seedsFor(layer, plain);
          const seedViews = seeds.map(({ value }) => new Tensor(reversedTwice(value)));
          const shown = gradients(layer, new Tensor(view), seedViews);
          expect(shown).to.deep.equal(gradients(layer, plain, seeds));
        }
      });

      it('changes neither its input nor a seed nor a weight', () => {
        const layer = built(type);
        const x = new Tensor(normal([4, 3]));
        const seeds = seedsFor(layer, x);
        const all = () => [x, ...seeds, ...layer.parameters()].map(({ value }) => bits(value));
        const before = all();
        gradients(layer, x, seeds);
        expect(all()).to.deep.equal(before);
      });

      it('takes a mask, and changes nothing by it unless its definition reads one', () => {
        const layer = built(type).eval();
        const x = new Tensor(normal([4, 3]));
        const masked = [layer.forward(x, { mask: [true, false, true, true] })].flat() as readonly Tensor[];
        expect(masked.map(({ value }) => bits(value))).to.deep.equal(
          outputsOf(layer, x).map(({ value }) => bits(value)),
        );
      });
    });
  }

  it('says what kind it is where it is listed', () => {
    expect(createNormalizationLayer('rms_norm').summary()).to.match(/rms_norm.*unbuilt/s);
  });

  it('refuses what is no tensor, and inputs it cannot normalize, in words', () => {
    const layer = createNormalizationLayer('layer_norm', { axis: [1, -1] });
    expect(failure(() => layer.forward([[1, 2]] as never))).to.equal(
      'layer_norm: expected a tensor, received [[1,2]]. Make one with tensor(…).',
    );
    expect(failure(() => layer.forward(tensor([[1, 2]])))).to.equal(
      'layer_norm.axis: expected distinct axes between -2 and 1 for an array of rank 2, received [1,-1].',
    );
    expect(failure(() => createNormalizationLayer('rms_norm', { axis: 2 }).build([2, 3]))).to.equal(
      'rms_norm.axis: expected distinct axes between -2 and 1 for an array of rank 2, received 2.',
    );
    expect(failure(() => createNormalizationLayer('rms_norm').build([0, 3]))).to.equal(
      'rms_norm: expected an input without axes of size 0, received [0,3].',
    );
    expect(failure(() => createNormalizationLayer('batch_norm').build([3]))).to.equal(
      'batch_norm: expected an input of rank 2 or more, with the batch first, received [3].',
    );
    expect(
      failure(() => createNormalizationLayer('adaptive_band_rms', { axis: [-3, 1] }).build([2, 3, 4])),
    ).to.equal('adaptive_band_rms.axis: expected axes other than the batch, axis 0, received [-3,1].');
    expect(failure(() => createNormalizationLayer('adaptive_band_rms').build([3]))).to.equal(
      'adaptive_band_rms: expected an input of rank 2 or more, with the batch first, received [3].',
    );
    for (const shape of [[3], [1, 2, 3, 4, 5]])
      expect(failure(() => createNormalizationLayer('global_response_norm').build(shape))).to.equal(
        `global_response_norm: expected an input of rank 2, 3 or 4, with the batch first and the channels last, received ${JSON.stringify(shape)}.`,
      );
    expect(
      failure(() => createNormalizationLayer('layer_norm', { gammaInitializer: 'orthogonal' }).build([2, 3])),
    ).to.equal('layer_norm.gamma: expected a weight of rank 2 or more, received [3].');
    expect(layer.built).to.equal(false);
  });

  it('refuses another dtype or shape once built, and names what differs', () => {
    const layer = createNormalizationLayer('rms_norm');
    layer.forward(tensor([[1, 2, 3]]));
    expect(failure(() => layer.forward(tensor(Float64Array.of(1, 2, 3))))).to.equal(
      `rms_norm: expected an input of float32, as before, received "float64". Bring the input over with cast('float32').`,
    );
    expect(failure(() => layer.forward(tensor([[1, 2]])))).to.equal(
      'rms_norm.scale: expected an input for the shape [3], as before, received [2].',
    );
    expect(failure(() => layer.loadStateDict({ scal: [1, 2, 3] }))).to.equal(
      'loadStateDict: expected weights among scale, received "scal". Did you mean scale?',
    );
    expect(failure(() => layer.loadStateDict({ scale: [1, 2] }))).to.equal(
      'loadStateDict: scale: expected the shape [3], received [2].',
    );
    expect(layer.stateDict()['scale']!.data).to.deep.equal(Float32Array.of(1, 1, 1));
  });

  it('makes weights of the dtype of its first input, and keeps that', () => {
    for (const dtype of ['float32', 'float64'] as const) {
      const layer = createNormalizationLayer('batch_norm');
      const y = layer.forward(new Tensor(full([2, 3], 1, dtype)));
      const all = [y.value, ...Object.values(layer.stateDict())];
      expect(all.map((array) => array.dtype)).to.deep.equal(all.map(() => dtype));
    }
  });

  it('freezes what it will build', () => {
    const layer = createNormalizationLayer('layer_norm').freeze();
    layer.build([2, 3]);
    expect(layer.parameters().map((weight: Parameter) => weight.trainable)).to.deep.equal([false, false]);
  });

  it('gives out a config that nobody can change it by', () => {
    const layer = createNormalizationLayer('layer_norm', { axis: [-1], gammaInitializer: { type: 'ones' } });
    (layer.getConfig().axis as number[])[0] = 5;
    expect(layer.options.axis).to.deep.equal([-1]);
  });
});

describe('the running statistics of batch_norm', () => {
  const x = tensor(Float64Array.of(1, 5, 2, 5, 9, 7), { shape: [3, 2] });
  const statistics = (layer: NormalizationLayer) => {
    const { moving_mean, moving_variance } = layer.stateDict();
    return [bits(moving_mean), bits(moving_variance)];
  };

  it('move in training, unless the layer is frozen', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 }) as NormalizationLayer;
    layer.eval().forward(x);
    expect(statistics(layer)).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
    layer.train().freeze().forward(x);
    expect(statistics(layer)).to.deep.equal([
      [0, 0],
      [1, 1],
    ]);
    layer.unfreeze().forward(x);
    const [[a, b], [v, w]] = statistics(layer) as [[number, number], [number, number]];
    expect([a, b]).to.deep.equal([4, 17 / 3]);
    expect([v, w].map((value) => value.toFixed(12))).to.deep.equal([38 / 3, 8 / 9].map((s) => s.toFixed(12)));
  });

  it('stay as they are, to the bit, at momentum 1 and on an error', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 1 }) as NormalizationLayer;
    layer.build([3, 2], { dtype: 'float64' });
    layer.loadStateDict({
      gamma: [1, 1],
      beta: [0, 0],
      moving_mean: [0.1, 0.2],
      moving_variance: [0.3, 0.7],
    });
    const before = statistics(layer);
    layer.forward(x);
    expect(statistics(layer)).to.deep.equal(before);
    const other = createNormalizationLayer('batch_norm') as NormalizationLayer;
    expect(failure(() => other.forward(x, { mask: [1, 2, 1] }))).to.match(/mask/);
    expect(other.built).to.equal(false);
  });

  it('are not spoilt at momentum 1 or 0 by a variance that no number holds', () => {
    const huge = tensor(Float64Array.of(1e200, -1e200), { shape: [2, 1] });
    const layer = createNormalizationLayer('batch_norm', { momentum: 1 }) as NormalizationLayer;
    layer.forward(huge);
    expect(statistics(layer)).to.deep.equal([[0], [1]]);
    const fresh = createNormalizationLayer('batch_norm', { momentum: 0 }) as NormalizationLayer;
    fresh.forward(huge);
    expect(statistics(fresh)).to.deep.equal([[0], [Infinity]]);
    fresh.forward(tensor(Float64Array.of(1, 3), { shape: [2, 1] }));
    expect(statistics(fresh)).to.deep.equal([[2], [1]]);
  });

  it('reach the mean of k equal batches as 1 − momentumᵏ', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0.5 }) as NormalizationLayer;
    for (let k = 0; k < 5; k++) layer.forward(x);
    expect(statistics(layer)[0]![0]).to.equal(4 * (1 - 0.5 ** 5));
  });

  it('make evaluation what training was, when they are those of the batch', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    const trained = bits(layer.forward(x).value);
    bits(layer.eval().forward(x).value).forEach((value, i) => {
      expect(value).to.be.closeTo(trained[i]!, 1e-14);
    });
  });
});

describe('the mask of batch_norm', () => {
  const x = tensor(Float64Array.of(1, 5, 2, 5, 9, 7), { shape: [3, 2] });
  const moments = (mask: Mask, input = x, axis = -1) => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0, axis });
    const y = layer.forward(input, { mask });
    const { moving_mean, moving_variance } = layer.stateDict();
    return { y: bits(y.value), mean: bits(moving_mean), variance: bits(moving_variance) };
  };

  it('leaves positions out of the statistics, and normalizes them by these', () => {
    const { y, mean, variance } = moments([true, true, false]);
    [1.5, 5].forEach((wanted, i) => expect(mean[i]).to.be.closeTo(wanted, 1e-6));
    [0.25, 0].forEach((wanted, i) => expect(variance[i]).to.be.closeTo(wanted, 1e-6));
    expect(y[4]).to.be.closeTo(15, 1e-4); // (9 − 1.5) / 0.5
  });

  it('may be booleans, numbers, an NdArray or a tensor', () => {
    const wanted = moments([true, false, true]);
    for (const mask of [[1, 0, 1], tensor([1, 0, 1]), tensor([1, 0, 1]).value])
      expect(moments(mask)).to.deep.equal(wanted);
  });

  it('has the shape of the input without the feature axis, wherever that is', () => {
    const input = tensor(
      Float64Array.from({ length: 12 }, (_, i) => i * i),
      { shape: [2, 2, 3] },
    );
    const mask = [
      [1, 0, 1],
      [0, 0, 1],
    ];
    // Feature 0 keeps 0, 4 and 64; feature 1 keeps 9, 25 and 121.
    const { mean } = moments(mask, input, 1);
    [68 / 3, 155 / 3].forEach((wanted, i) => expect(mean[i]).to.be.closeTo(wanted, 1e-5));
  });

  it('may leave nothing: zeros stay zeros, and all is finite', () => {
    const zeros = moments([0, 0, 0], tensor(new Float64Array(6), { shape: [3, 2] }));
    expect(zeros.y).to.deep.equal([0, 0, 0, 0, 0, 0]);
    const { y, mean, variance } = moments([0, 0, 0]);
    expect([...y, ...mean, ...variance].every(Number.isFinite)).to.equal(true);
  });

  it('keeps what it leaves out from the statistics, even NaN', () => {
    const { y, mean } = moments(
      [1, 1, 0],
      tensor(Float64Array.of(1, 5, 2, 5, NaN, 1e300), { shape: [3, 2] }),
    );
    expect(mean.every(Number.isFinite)).to.equal(true);
    expect(y.map(Number.isFinite)).to.deep.equal([true, true, true, true, false, true]);
  });

  it('changes next to nothing where it leaves nothing out', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    const plain = bits(layer.forward(x).value);
    moments([1, 1, 1]).y.forEach((value, i) => expect(value).to.be.closeTo(plain[i]!, 1e-6));
  });

  it('stays exact where squares would overflow', () => {
    const at = (factor: number) =>
      moments(
        [1, 1, 0],
        tensor(
          Float64Array.from(flat(x.value), (v) => v * factor),
          { shape: [3, 2] },
        ),
      ).y;
    // At this size ε is nothing, so the second feature, which is constant but for 1e-7, is left aside.
    const [plain, huge] = [at(2 ** 100), at(2 ** 900)];
    for (const i of [0, 2, 4]) expect(huge[i]).to.be.closeTo(plain[i]!, 1e-12);
  });

  it('is refused in another shape or with other values', () => {
    const layer = createNormalizationLayer('batch_norm');
    expect(failure(() => layer.forward(x, { mask: [1, 1] }))).to.equal(
      'batch_norm.mask: expected the shape of the input without the feature axis, [3], received [2].',
    );
    expect(failure(() => layer.forward(x, { mask: [[1], [1], [1]] }))).to.match(/received \[3,1\]/);
    expect(failure(() => layer.forward(x, { mask: [1, 0.5, 0] }))).to.equal(
      'batch_norm.mask: expected booleans, or numbers that are 0 or 1, received 0.5.',
    );
    expect(failure(() => layer.forward(x, { mask: [1, NaN, 0] }))).to.match(/received NaN/);
    expect(layer.built).to.equal(false);
    expect(norms.batch_norm.mask).to.be.an('object');
  });
});

/** The same numbers behind a stride of −1. */
const reversedTwice = ({ shape, data }: NdArray): NdArray => {
  const strides = shape.map((_, axis) => -shape.slice(axis + 1).reduce((size, n) => size * n, 1));
  return ndarray(Float64Array.from(data).reverse(), [...shape], strides, data.length - 1) as NdArray;
};
