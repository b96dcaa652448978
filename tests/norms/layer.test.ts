import { expect } from 'chai';
import ndarray from 'ndarray';
import { type NdArray, Random, type Shape, copy, draw, flat, fromFlat, full } from '../../src/array/index.js';
import { strided } from '../../src/array/view.js';
import type { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { add } from '../../src/ops/catalog.js';
import { beside } from '../support/beside.js';
import { createNormalizationLayer, normalizationTypes, norms } from '../support/every-norm.js';
import { failure } from '../support/failure.js';
import { allFitting } from '../support/fitting.js';

const random = new Random(7);
const normal = (shape: readonly number[]): NdArray => draw(shape, () => random.normal(), 'float64');

/** Twelve numbers in every shape that the type accepts: in the second, a sample has several positions. */
const shapesOf = (type: (typeof normalizationTypes)[number]) =>
  allFitting(norms[type], [
    [4, 3],
    [2, 2, 3],
  ]);

/** A layer of each type in float64, with weights that are neither 0 nor 1. */
const built = (type: (typeof normalizationTypes)[number], shape: Shape): NormalizationLayer => {
  const layer = createNormalizationLayer(type);
  layer.build(shape, { dtype: 'float64' });
  const weights = Object.entries(layer.stateDict());
  layer.loadStateDict(
    Object.fromEntries(
      weights.map(([name, { shape }]) => [name, draw(shape, () => 0.5 + random.uniform(), 'float64')]),
    ),
  );
  // In training, statistics that outputs depend on move from call to call.
  return layer.definition.gradient ? layer.eval() : layer;
};

const outputsOf = (
  layer: NormalizationLayer,
  x: Tensor,
  inputs: Readonly<Record<string, Tensor>> = beside(layer, x),
): readonly Tensor[] => {
  // A call finds the running statistics that all others find.
  const before = [...layer.statistics().values()].map(
    (statistic) => [statistic, copy(statistic.value)] as const,
  );
  const outputs = [layer.forward(x, inputs)].flat();
  for (const [statistic, value] of before) statistic.value = value;
  return outputs;
};

const bits = (array: NdArray | undefined): readonly number[] => [...flat(array!)];

/** All gradients of one call, in order: of x, of the weights, then of the inputs besides x. */
function gradients(
  layer: NormalizationLayer,
  x: Tensor,
  seeds: readonly Tensor[],
  { inputs = beside(layer, x), between = () => {} } = {},
) {
  const { pullback } = vjp(() => outputsOf(layer, x, inputs));
  between();
  const pulled = pullback(seeds);
  return [x, ...layer.parameters(), ...Object.values(inputs)].map((leaf) => bits(pulled.of(leaf)?.value));
}

const seedsFor = (layer: NormalizationLayer, x: Tensor): Tensor[] =>
  outputsOf(layer, x).map(({ shape }) => new Tensor(normal(shape)));

describe('a normalization layer', () => {
  const cases = normalizationTypes.flatMap((type) => shapesOf(type).map((shape) => [type, shape] as const));
  for (const [type, shape] of cases) {
    describe(`${type} of shape [${shape}]`, () => {
      it('adds up the gradients of a tensor that is used twice', () => {
        const layer = built(type, shape);
        const x = new Tensor(normal(shape));
        const seeds = seedsFor(layer, x);
        const inputs = beside(layer, x);
        const twice = vjp(() => {
          const [one, other] = [outputsOf(layer, x, inputs), outputsOf(layer, x, inputs)];
          return one.map((y, i) => add(y, other[i]!));
        });
        const pulled = twice.pullback(seeds);
        const once = gradients(layer, x, seeds);
        expect(bits(pulled.of(x)?.value)).to.deep.equal(once[0]!.map((g) => 2 * g));
        [...layer.parameters(), ...Object.values(inputs)].forEach((leaf, i) => {
          expect(bits(pulled.of(leaf)?.value)).to.deep.equal(once[i + 1]!.map((g) => 2 * g));
        });
      });

      it('pulls the same bits back twice, and from two calls in any order', () => {
        const layer = built(type, shape);
        const [x, other] = [new Tensor(normal(shape)), new Tensor(normal(shape))];
        const seeds = seedsFor(layer, x);
        const alone = [gradients(layer, x, seeds), gradients(layer, other, seeds)];
        const inputs = beside(layer, x);
        const first = vjp(() => outputsOf(layer, x, inputs));
        const second = vjp(() => outputsOf(layer, other, inputs));
        const read = (pulled: ReturnType<typeof first.pullback>, leaf: Tensor) =>
          [leaf, ...layer.parameters(), ...Object.values(inputs)].map((tensor) =>
            bits(pulled.of(tensor)?.value),
          );
        expect(read(second.pullback(seeds), other)).to.deep.equal(alone[1]);
        expect(read(first.pullback(seeds), x)).to.deep.equal(alone[0]);
        expect(read(first.pullback(seeds), x)).to.deep.equal(alone[0]);
      });

      it('goes back with the weights it came with', () => {
        const layer = built(type, shape);
        const x = new Tensor(normal(shape));
        const seeds = seedsFor(layer, x);
        const before = gradients(layer, x, seeds);
        const kept = layer.parameters().map(({ value }) => value);
        const between = () => {
          for (const weight of layer.parameters()) weight.value = full(weight.shape, 9, 'float64');
        };
        const after = gradients(layer, x, seeds, { between });
        layer.parameters().forEach((weight, i) => (weight.value = kept[i]!));
        expect(after).to.deep.equal(before);
      });

      it('reads views as what they show', () => {
        const layer = built(type, shape);
        const whole = normal([48]);
        // Of four rows, in two samples too.
        const rows = ([row, column]: readonly [number, number], offset: number) =>
          strided(whole, shape, shape.length === 2 ? [row, column] : [2 * row, row, column], offset);
        const views = [rows([1, 4], 0), rows([9, 2], 5), rows([-3, 1], 9), rows([0, 1], 2)] as NdArray[];
        for (const view of [...views, ...views.map(elsewhere)]) {
          const plain = new Tensor(copy(view));
          const seeds = seedsFor(layer, plain);
          const seedViews = seeds.map(({ value }) => new Tensor(reversedTwice(value)));
          const inputs = beside(layer, plain);
          const inputViews = Object.fromEntries(
            Object.entries(inputs).map(([name, { value }]) => [name, new Tensor(reversedTwice(value))]),
          );
          const shown = gradients(layer, new Tensor(view), seedViews, { inputs: inputViews });
          expect(shown).to.deep.equal(gradients(layer, plain, seeds, { inputs }));
        }
      });

      it('changes neither its input nor a seed nor a weight', () => {
        const layer = built(type, shape);
        const x = new Tensor(normal(shape));
        const [seeds, inputs] = [seedsFor(layer, x), beside(layer, x)];
        const all = () =>
          [x, ...seeds, ...layer.parameters(), ...Object.values(inputs)].map(({ value }) => bits(value));
        const before = all();
        gradients(layer, x, seeds, { inputs });
        expect(all()).to.deep.equal(before);
      });

      it('takes a mask, and changes nothing by it unless its definition reads one', () => {
        const layer = built(type, shape).eval();
        const x = new Tensor(normal(shape));
        const [batch, steps] = x.shape;
        const some = [true, false, true, true];
        const mask = x.shape.length === 2 ? some : [some.slice(0, steps), some.slice(batch)];
        const own = { ...beside(layer, x), mask };
        const masked = [layer.forward(x, own)].flat() as readonly Tensor[];
        const [given, plain] = [masked, outputsOf(layer, x)].map((all) =>
          all.map(({ value }) => bits(value)),
        );
        // A norm that does not depend on other positions at inference reads none either.
        if (!layer.definition.mask || layer.definition.atInference) expect(given).to.deep.equal(plain);
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
    const grouped = (options: object, shape: number[]) =>
      failure(() => createNormalizationLayer('group_norm', options).build(shape));
    expect(grouped({}, [4])).to.equal(
      'group_norm: expected an input of rank 2 or more, with the batch first, received [4].',
    );
    expect(grouped({ axis: -2 }, [4, 4])).to.equal(
      'group_norm.axis: expected an axis other than the batch, which is axis 0, received -2.',
    );
    expect(grouped({ groups: 4 }, [4, 4, 6])).to.equal(
      'group_norm.groups: expected a divisor of 6 features, received 4.',
    );
    expect(grouped({ groups: 3, axis: 1 }, [3, 4, 6])).to.equal(
      'group_norm.groups: expected a divisor of 4 features, received 3.',
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
      `rms_norm: expected an input of float32, as before, received "float64". Convert the input with cast('float32').`,
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
      const [y] = outputsOf(layer, new Tensor(full([2, 3], 1, dtype)));
      const all = [y!.value, ...Object.values(layer.stateDict())];
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

/** A view that was made elsewhere, which a tensor copies. */
const elsewhere = ({ data, shape, stride, offset }: NdArray): NdArray =>
  ndarray(data, [...shape], [...stride], offset) as NdArray;

/** The same numbers behind a stride of −1. */
const reversedTwice = ({ shape, data }: NdArray): NdArray => {
  const strides = shape.map((_, axis) => -shape.slice(axis + 1).reduce((size, n) => size * n, 1));
  const reversed = fromFlat(Float64Array.from(data).reverse(), [data.length]);
  return strided(copy(reversed), [...shape], strides, data.length - 1) as NdArray;
};
