import type { Tensor } from '../../../src/autograd/tape.js';
import { tensor } from '../../../src/autograd/create.js';
import { Dense } from '../../../src/nn/dense.js';
import { Dropout } from '../../../src/nn/dropout.js';
import { meanSquaredError } from '../../../src/nn/losses/index.js';
import { Module } from '../../../src/nn/module.js';
import { createNormalizationLayer } from '../../../src/norms/normalizations.js';
import { Adam } from '../../../src/optim/adam.js';
import {
  type Callback,
  ExponentialMovingAverage,
  type TrainingState,
  bestWeights,
  checkpoints,
  earlyStopping,
  fit,
  plainState,
  reduceOnPlateau,
} from '../../../src/train/index.js';

/** A small model with every kind of state: weights, statistics, masks. */
class Tiny extends Module {
  readonly norm = createNormalizationLayer('batch_norm');
  readonly dropout = new Dropout(0.3, { seed: 2 });
  readonly output = new Dense(1, { seed: 3 });

  override forward(x: Tensor): Tensor {
    return this.output.forward(this.dropout.forward(this.norm.forward(x)));
  }
}

const features = tensor([
  [1, 2],
  [3, -1],
  [0, 1],
]);

const data = {
  count: 3,
  pick: (rows: Int32Array) => ({
    features: tensor([...rows].map((row) => (features.toArray() as number[][])[row]!)),
    labels: tensor([...rows].map((row) => [row])),
  }),
};

/** A training of the small model with every kind of state. */
export class TinyTraining {
  readonly model = new Tiny();
  readonly optimizer = new Adam({ learningRate: 0.1 });
  readonly average = new ExponentialMovingAverage(this.model, { decay: 0.5 });
  readonly states: TrainingState[] = [];
  /** Whether a state was loaded and training has begun. */
  isStarted = false;
  readonly #callbacks: readonly Callback[] = [
    bestWeights() as Callback,
    earlyStopping({ patience: 9 }) as Callback,
    reduceOnPlateau({ patience: 1 }) as Callback,
  ];

  constructor() {
    this.model.forward(features);
  }

  run(epochs: number, resume?: unknown): void {
    this.isStarted = false;
    fit(this.model, data, {
      loss: meanSquaredError,
      optimizer: this.optimizer,
      average: this.average,
      epochs,
      batchSize: 2,
      ...(resume === undefined ? { seed: 1 } : { resume: resume as TrainingState }),
      callbacks: [
        { name: 'start', start: () => (this.isStarted = true) },
        ...this.#callbacks,
        checkpoints((state) => this.states.push(state), { everySteps: 1 }),
      ],
    });
  }

  /** Every bit of the state, as text. */
  bits(): string {
    const { model, optimizer, average } = this;
    return JSON.stringify(
      plainState({
        model: model.stateDict(),
        optimizer: optimizer.stateDict(model),
        average: average.stateDict(),
        steps: optimizer.steps,
        rate: [optimizer.rate, optimizer.rateFactor],
        generators: [...model.generators()].map(([name, { state }]) => [name, state]),
        modes: [...model.namedModules().values()].map(({ training }) => training),
        callbacks: this.#callbacks.map((callback) => callback.state?.()),
      }),
    );
  }
}

/** A state in every form that it may have: as returned, plain, cloned, and read from a file. */
export const formsOf = <S>(state: S): readonly S[] => [
  state,
  plainState(state),
  structuredClone(state),
  JSON.parse(JSON.stringify(plainState(state))) as S,
];
