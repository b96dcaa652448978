import { expect } from 'chai';
import { Random, draw, flat } from '../../../src/array/index.js';
import {
  AveragePooling2D,
  Conv2D,
  Dense,
  DepthwiseConv2D,
  Flatten,
  GlobalAveragePooling2D,
  GlobalMaxPooling2D,
  LanguageModel,
  MaxPooling2D,
  Module,
  PReLU,
  Residual,
  Sequential,
  Tensor,
  concat,
  normalization,
  normalizeWeights,
  normalizationTypes,
  norms,
  relu,
  softmax,
  transpose,
  weightNorms,
} from '../../../src/index.js';
import { exportC } from '../../../src/io/index.js';
import { activationNames } from '../../../src/nn/activations.js';
import { around, blocks } from '../../peers/judges/networks.js';
import { type Header, apart, demandCompiler, ran } from './compiler.js';

interface Case {
  readonly name: string;
  readonly sample: readonly number[];
  readonly tokens?: boolean;
  make(): Module;
}

/** A header for a model with random weights, and what the model itself computes. */
function prepared({ name, sample, tokens = false, make }: Case, seed: number) {
  const model = make();
  const random = new Random(seed);
  const drawn = (batch: number): Tensor =>
    new Tensor(
      draw(
        [batch, ...sample],
        () => (tokens ? Math.floor(10 * random.uniform()) : random.normal()),
        'float32',
      ),
    );
  const forward = (x: Tensor): Tensor => model.forward(x as never) as Tensor;
  forward(drawn(4));
  for (const one of model.parameters()) one.value = draw(one.shape, () => random.normal() / 2, one.dtype);
  model.eval();
  const x = drawn(1);
  const expected = flat(forward(x).value);
  const prefix = `m${seed}`;
  const text = exportC(model, { input: ['batch', ...sample], tokens, name: prefix });
  const header: Header = {
    name: prefix,
    text,
    input: flat(x.value),
    isInteger: tokens,
  };
  return { name, header, expected, text };
}

type Prepared = ReturnType<typeof prepared>;

/** How far the outputs of C are from ours, in units in the last place of the largest output. */
function distances(cases: readonly Prepared[], flags: readonly string[] = []): Map<string, number> {
  const results = ran(
    cases.map(({ header }) => header),
    flags,
  );
  return new Map(
    results.map(({ outputs }, i) => {
      const { name, expected } = cases[i]!;
      const most = Math.max(...Array.from(expected, Math.abs));
      return [name, Math.max(...outputs.map((value, k) => apart(value!, expected[k]!, most)))];
    }),
  );
}

const image = [6, 7, 4];
const layer = (name: string, sample: readonly number[], make: () => Module): Case => ({ name, sample, make });

const LAYERS: readonly Case[] = [
  ...activationNames.map((activation) =>
    layer(`Dense ${activation}`, [7], () => new Dense(5, { activation })),
  ),
  layer('Dense without a bias, of a sequence', [3, 7], () => new Dense(5, { useBias: false })),
  layer('Conv2D', image, () => new Conv2D(3, [2, 3], { activation: 'relu' })),
  layer('Conv2D, same', image, () => new Conv2D(3, 3, { padding: 'same' })),
  layer('Conv2D, stride', image, () => new Conv2D(3, 3, { padding: 'same', stride: [2, 3] })),
  layer('Conv2D, dilation', image, () => new Conv2D(3, 2, { dilation: [2, 3] })),
  layer('Conv2D, groups', image, () => new Conv2D(6, 3, { padding: 'same', groups: 2 })),
  layer('Conv2D, padding around one pixel', image, () => new Conv2D(2, 1, { padding: [1, 2] })),
  layer('DepthwiseConv2D', image, () => new DepthwiseConv2D(3, { padding: 'same', depthMultiplier: 2 })),
  layer('MaxPooling2D', image, () => new MaxPooling2D(2)),
  layer('MaxPooling2D, same', image, () => new MaxPooling2D([3, 2], { padding: 'same', stride: 2 })),
  layer('AveragePooling2D', image, () => new AveragePooling2D(2)),
  layer('AveragePooling2D, same', image, () => new AveragePooling2D(3, { padding: 'same', stride: 2 })),
  layer('GlobalAveragePooling2D', image, () => new GlobalAveragePooling2D()),
  layer('GlobalMaxPooling2D', image, () => new GlobalMaxPooling2D()),
  layer('PReLU', image, () => new PReLU({ sharedAxes: [1, 2] })),
  layer('transposed, flattened and joined', [3, 4], () => new Turned()),
];

/** Reads its input in another order, at places that no loop of the output has. */
class Turned extends Module {
  override forward(x: Tensor): Tensor {
    const turned = transpose(x, [0, 2, 1]);
    const flattened = new Flatten().forward(turned);
    return concat([flattened, new Flatten().forward(x)], 1);
  }
}

describe('exportC', function () {
  this.timeout(60_000);

  const classifier = (): Sequential => {
    const model = new Sequential([
      new Dense(8, { seed: 1 }),
      normalization(norms.batch_norm),
      relu,
      new Dense(3, { seed: 2 }),
      softmax,
    ]);
    model.forward(new Tensor(draw([6, 4], () => new Random(1).normal(), 'float32')));
    return model;
  };

  describe('compiled', () => {
    before(function () {
      demandCompiler(this);
    });

    it('computes each layer as we do, to 2 units in the last place', () => {
      for (const [name, distance] of distances(LAYERS.map((one, i) => prepared(one, i + 1))))
        expect(distance, name).to.be.at.most(2);
    });

    it('computes every norm in a network of three layers, and the blocks of models, to 2 units a layer', () => {
      const cases = [...normalizationTypes.map((type) => around(type, 'float32')), ...blocks('float32')];
      for (const [name, distance] of distances(cases.map((one, i) => prepared(one, i + 1))))
        expect(distance, name).to.be.at.most(6);
    });

    it('computes a language model of ids of tokens, to 2 units for each of its ten layers', () => {
      const make = () =>
        new LanguageModel({
          vocabularySize: 10,
          hiddenSize: 8,
          heads: 2,
          layers: 2,
          contextLength: 6,
          seed: 1,
        });
      const cases = [prepared({ name: 'LanguageModel', sample: [5], tokens: true, make }, 1)];
      for (const [name, distance] of distances(cases)) expect(distance, name).to.be.at.most(20);
    });

    it('computes in float throughout if it is told to', () => {
      const cases = [LAYERS[1]!, LAYERS.at(-3)!, blocks('float32')[4]!].map((one, i) => prepared(one, i + 1));
      const flags = cases.map(({ header }) => `-D${header.name.toUpperCase()}_REAL=float`);
      for (const [name, distance] of distances(cases, flags)) expect(distance, name).to.be.at.most(100);
    });

    it('states the sizes of its constants and of its memory', () => {
      const cases = blocks('float32').map((one, i) => prepared(one, i + 1));
      const results = ran(cases.map(({ header }) => header));
      cases.forEach(({ text, name }, i) => {
        const { constants, memory } = results[i]!;
        let [ofConstants, ofMemory] = [0, 0];
        for (const [, isConstant, type, size] of text.matchAll(/static (const )?(\w+) \w+\[(\d+)\]/g)) {
          const bytes = Number(size) * (type!.endsWith('REAL') ? 8 : 4);
          if (isConstant) ofConstants += bytes;
          else ofMemory += bytes;
        }
        expect([constants, memory], name).to.deep.equal([ofConstants, ofMemory]);
        expect(text).to.include(`Constants: ${constants} bytes. Static memory: ${memory} bytes`);
      });
    });

    it('computes several outputs, one that is the input and one that occurs twice', () => {
      class Several extends Module {
        readonly dense = new Dense(2, { seed: 1 });
        override forward(x: Tensor): readonly Tensor[] {
          const y = this.dense.forward(x);
          return [x, y, y];
        }
      }
      const model = new Several();
      const x = new Tensor(draw([1, 3], () => 0.5, 'float32'));
      model.forward(x);
      const text = exportC(model, { input: ['batch', 3] });
      expect(text).to.include('model_predict(input, output_0, output_1, output_2)');
      const outputs = ['output_0', 'output_1', 'output_2'];
      const [result] = ran([{ name: 'model', text, input: flat(x.value), outputs }]);
      const y = [...flat(model.dense.forward(x).value)];
      [0.5, 0.5, 0.5, ...y, ...y].forEach((value, i) =>
        expect(apart(result!.outputs[i]!, value, 1)).to.be.at.most(2),
      );
    });

    it('carries infinities and NaN', () => {
      const model = new Sequential([new Dense(3, { useBias: false }), new PReLU()]);
      const x = new Tensor(draw([1, 1], () => 1, 'float32'));
      model.forward(x);
      const special = [Infinity, -Infinity, NaN];
      model.parameters()[0]!.value = draw([1, 3], () => special.shift()!, 'float32');
      const text = exportC(model, { input: ['batch', 1] });
      const [result] = ran([{ name: 'model', text, input: [1] }]);
      const expected = [...flat(model.eval().forward(x).value)];
      expect(result!.outputs).to.deep.equal(expected);
    });
  });

  it('folds norms into the layers beside them, in a copy', () => {
    const model = classifier();
    const before = Object.keys(model.stateDict());
    const text = exportC(model, { input: ['batch', 4] });
    expect(text).to.include('layers.1 is folded into layers.0.').and.not.to.include('sqrt');
    expect(Object.keys(model.stateDict())).to.deep.equal(before);
    expect(model.training).to.equal(true);
    expect(String(exportC(model, { input: ['batch', 4] }))).to.equal(text);
  });

  it('says why nothing is folded', () => {
    class Own extends Module {
      readonly inner = classifier();
      override forward(x: Tensor): Tensor {
        return this.inner.forward(x);
      }
    }
    const model = new Own();
    expect(exportC(model, { input: [1, 4] }))
      .to.match(/Nothing is folded: saveModel: Own\./)
      .and.to.include('sqrt');
    const first = new Sequential([new Dense(2, { activation: 'relu' }), normalization(norms.batch_norm)]);
    first.forward(new Tensor(draw([2, 2], () => 1, 'float32')));
    expect(exportC(first, { input: [1, 2] })).to.match(
      /Nothing is folded: .*layers\.1: layers\.0: its activation/,
    );
  });

  it('fuses norms of weights', () => {
    const model = new Sequential([new Dense(2, { seed: 1 })]);
    model.forward(new Tensor(draw([2, 2], () => 1, 'float32')));
    normalizeWeights(model, weightNorms.weight_norm);
    const text = exportC(model, { input: [1, 2] });
    expect(text).to.include('fused').and.not.to.include('sqrt');
  });

  it('names functions and weights by the paths of modules', () => {
    const text = exportC(classifier(), { input: ['batch', 4], name: 'gesture' });
    for (const part of [
      '#ifndef GESTURE_H',
      'static const float gesture_layers_0_kernel[32]',
      '/* layers.3 (matmul, add): [1, 8] -> [1, 3] */',
      'static inline void gesture_predict(const float input[4], float output[3])',
    ])
      expect(text).to.include(part);
  });

  it('writes paths of users so that they end no comment', () => {
    class Odd extends Module {
      override forward(x: Tensor): Tensor {
        return this['a*/ #error'].forward(this['int'].forward(x));
      }
      readonly ['a*/ #error'] = new Dense(2, { seed: 1 });
      readonly int = new Residual(new Dense(2, { seed: 2 }));
    }
    const model = new Odd();
    model.forward(new Tensor(draw([1, 2], () => 1, 'float32')));
    const text = exportC(model, { input: [1, 2] });
    expect(text).not.to.match(/\*\/ #error/);
    expect(text.match(/\/\*/g)!.length).to.equal(text.match(/\*\//g)!.length);
  });

  it('refuses what it cannot write, and says what', () => {
    const model = classifier();
    const wide = new Sequential([new Dense(2)]);
    wide.forward(new Tensor(draw([2, 3], () => 1, 'float64')));
    class Unknown extends Module {
      override forward(x: Tensor): Tensor {
        return transpose(new Tensor(draw([2, 2], () => x.item(), 'float32')));
      }
    }
    const wrong: readonly (readonly [() => unknown, RegExp])[] = [
      [
        () => exportC(wide, { input: [1, 3] }),
        /^exportC: expected weights of float32, received \["layers\.0\.kernel"/,
      ],
      [() => exportC(new Dense(2), { input: [1, 3] }), /^exportC: expected a model that is built/],
      [() => exportC(model, { input: [1, 4], name: 'int' }), /^exportC\.name: expected a name of C/],
      [() => exportC(model, { input: [1, 4], name: 'a b' }), /^exportC\.name: expected a name of C/],
      [() => exportC(model, { input: [0, 4] }), /^exportC\.input: expected a shape/],
      [() => exportC(model, { input: 'batch' } as never), /^exportC\.input: expected a shape/],
      [() => exportC(model, { input: [1, 4], size: 2 } as never), /^exportC: expected one of the options/],
      [() => exportC(new Unknown(), { input: [1] }), /^exportC/],
    ];
    for (const [call, message] of wrong) expect(call).to.throw(message);
  });
});
