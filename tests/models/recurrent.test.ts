import { expect } from 'chai';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import type { StatedNormalization } from '../../src/models/normalization.js';
import { GRU } from '../../src/models/recurrent/gru.js';
import { LSTM } from '../../src/models/recurrent/lstm.js';
import type { Recurrent, RecurrentOptions } from '../../src/models/recurrent/recurrent.js';
import { SimpleRNN } from '../../src/models/recurrent/simple-rnn.js';
import { crossEntropy } from '../../src/nn/losses/index.js';
import { Dense } from '../../src/nn/dense.js';
import { Sequential } from '../../src/nn/sequential.js';
import { concat, gather, mul, slice, sum, where } from '../../src/ops/catalog.js';
import { randomNormal, zeros } from '../../src/ops/create.js';
import { Adam } from '../../src/optim/adam.js';
import { plainState } from '../../src/train/index.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;
type Maker = (units: number, options?: RecurrentOptions) => Recurrent;
const layers: Readonly<Record<string, Maker>> = {
  SimpleRNN: (units, options) => new SimpleRNN(units, options),
  GRU: (units, options) => new GRU(units, options),
  LSTM: (units, options) => new LSTM(units, options),
};
const normalizations: readonly StatedNormalization[] = [
  'none',
  'layer_norm',
  { type: 'rms_norm', epsilon: 1e-2 },
];

for (const [name, make] of Object.entries(layers)) {
  describe(name, () => {
    for (const normalization of normalizations) {
      const stated = typeof normalization === 'string' ? normalization : normalization.type;

      it(`pulls gradients back to the input, the initial state and every weight, with ${stated}`, () => {
        const layer = make(2, {
          normalization,
          returnSequences: true,
          biasInitializer: { type: 'random_normal', seed: 3 },
          seed: 5,
        });
        const x = randomNormal([2, 3, 2], { seed: 1, ...wide });
        layer.forward(x);
        const states = layer.run(x).state.map((_, i) => randomNormal([2, 2], { seed: 7 + i, ...wide }));
        const parameters = layer.parameters();
        assertGradients(
          (input, ...rest) => {
            const initialState = rest.slice(0, states.length);
            rest.slice(states.length).forEach((value, i) => expect(value).to.equal(parameters[i]));
            return layer.forward(input!, { initialState });
          },
          [x, ...states, ...parameters],
        );
      });
    }

    it('continues from a state as if there had been no break', () => {
      const layer = make(3, { normalization: 'layer_norm', returnSequences: true, seed: 1 });
      const x = randomNormal([2, 6, 2], { seed: 2, ...wide });
      const whole = layer.forward(x);
      const first = layer.run(slice(x, [[], [0, 4]]));
      const second = layer.run(slice(x, [[], [4]]), { initialState: first.state });
      expect(second.outputs.toArray()).to.deep.equal(slice(whole, [[], [4]]).toArray());
    });

    it('keeps its state over masked steps, whatever their values', () => {
      const layer = make(3, { normalization: 'rms_norm', seed: 1 });
      const x = randomNormal([1, 4, 2], { seed: 2, ...wide });
      const padded = gather(x, [0, 0, 1, 2, 3, 3], 1);
      const spoiled = new Tensor(padded.value);
      for (const at of [0, 5]) spoiled.value.set(0, at, 1, 1e9);
      const mask = [[0, 1, 1, 1, 1, 0]];
      const right = layer.forward(x);
      expect(layer.forward(spoiled, { mask }).toArray()).to.deep.equal(right.toArray());
      expect(layer.forward(spoiled, { mask: mask.map((row) => row.map(Boolean)) }).toArray()).to.deep.equal(
        right.toArray(),
      );
      const { pullback } = vjp(() => layer.forward(spoiled, { mask }));
      const dx = pullback(randomNormal([1, 3], { seed: 3, ...wide })).of(spoiled)!;
      for (const at of [0, 5]) expect(slice(dx, [0, at]).toArray()).to.deep.equal([0, 0]);
    });

    for (const normalization of ['none', 'layer_norm', 'batch_norm'] as const)
      it(`never reads what a mask hides, in no gradient and no statistic, with ${normalization}`, () => {
        const x = randomNormal([3, 4, 2], { seed: 2, ...wide });
        const mask = [
          [0, 1, 1, 1],
          [1, 1, 1, 0],
          [1, 1, 0, 1],
        ];
        const found = [0, 1, NaN, Infinity, -Infinity].map((hidden) => {
          const layer = make(2, { normalization, seed: 1 });
          layer.forward(x);
          const input = where(
            [
              [[0], [1], [1], [1]],
              [[1], [1], [1], [0]],
              [[1], [1], [0], [1]],
            ],
            x,
            hidden,
          );
          const { value, gradients } = valueAndGrad(
            () => sum(mul(layer.forward(input, { mask }), randomNormal([3, 2], { seed: 8, ...wide }))),
            [input, ...layer.parameters()],
          );
          const all = [input, ...layer.parameters()].map((leaf) => gradients.of(leaf)!.toArray());
          return { value: value.item(), all, state: plainState(layer.stateDict()) };
        });
        for (const one of found) expect(one).to.deep.equal(found[0]);
        expect(found[0]!.value).to.be.finite;
      });

    for (const normalization of [
      'batch_norm',
      { type: 'group_norm', groups: 2 },
      'global_response_norm',
      'dynamic_tanh',
      'band_rms',
      'adaptive_band_rms',
      'zero_centered_rms_norm',
    ] as const)
      it(`looks at no later step in evaluation, with ${JSON.stringify(normalization)}`, () => {
        const layer = make(4, { normalization, returnSequences: true, seed: 1 });
        const x = randomNormal([2, 5, 2], { seed: 2, ...wide });
        layer.forward(x);
        layer.eval();
        const whole = layer.forward(x);
        const first = layer.run(slice(x, [[], [0, 2]]));
        const second = layer.run(slice(x, [[], [2]]), { initialState: first.state });
        expect(concat([first.outputs, second.outputs], 1).toArray()).to.deep.equal(whole.toArray());
      });

    it('refuses states, masks and inputs that do not fit', () => {
      const layer = make(3);
      layer.forward(zeros([2, 4, 5]));
      expect(failure(() => layer.forward(zeros([2, 4, 6])))).to.equal(
        `${name}: expected sequences of 5 channels, as before, received [2,4,6].`,
      );
      expect(failure(() => layer.forward(zeros([2, 0, 5])))).to.match(/sequences of at least one step/);
      expect(failure(() => layer.forward(zeros([4, 5])))).to.match(/sequences \[samples, steps, channels\]/);
      expect(failure(() => layer.forward(zeros([2, 4, 5]), { initialState: [] }))).to.match(
        /initialState: expected a list of . float32 tensors? \[2, 3\]/,
      );
      for (const mask of [
        [[1, 1, 1, 1]],
        [
          [1, 1, 1, 0.5],
          [1, 1, 1, 1],
        ],
        [
          [0, 0, -Infinity, 0],
          [0, 0, 0, 0],
        ],
      ])
        expect(failure(() => layer.forward(zeros([2, 4, 5]), { mask }))).to.match(/\.mask: expected/);
    });

    it('learns to tell which of two symbols came first, with layer normalization', () => {
      const model = new Sequential([
        make(8, { normalization: 'layer_norm', seed: 1 }),
        new Dense(2, { seed: 2 }),
      ]);
      const adam = new Adam({ learningRate: 0.02 });
      const noise = randomNormal([32, 8, 2], { seed: 4 });
      const labels = Array.from({ length: 32 }, (_, i) => i % 2);
      labels.forEach((label, i) => noise.value.set(i, 0, label, 4));
      const x = mul(noise, 1);
      let loss = Infinity;
      for (let step = 0; step < 90; step++) {
        const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(x), labels), model);
        adam.step(gradients);
        loss = value.item();
      }
      expect(loss).to.be.below(0.1);
    });
  });
}

describe('LSTM', () => {
  it('starts with an open forget gate by default', () => {
    const build = (options: ConstructorParameters<typeof LSTM>[1]): number[] => {
      const layer = new LSTM(2, options);
      layer.build([1, 1, 3]);
      return [...layer.bias!.value.data];
    };
    expect(build({})).to.deep.equal([0, 0, 1, 1, 0, 0, 0, 0]);
    expect(build({ unitForgetBias: false })).to.deep.equal([0, 0, 0, 0, 0, 0, 0, 0]);
  });

  it('names its weights as Keras does, and its norms by their place', () => {
    const layer = new LSTM(2, { normalization: 'layer_norm' });
    layer.forward(zeros([1, 2, 3]));
    expect([...layer.namedParameters().keys()]).to.have.members([
      'kernel',
      'recurrent_kernel',
      'bias',
      ...['input_norm', 'recurrent_norm', 'cell_norm'].flatMap((norm) => [`${norm}.gamma`, `${norm}.beta`]),
    ]);
  });
});
