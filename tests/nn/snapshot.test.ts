import { expect } from 'chai';
import {
  Adam,
  Dense,
  Dropout,
  type Module,
  NormtapeError,
  Sequential,
  type Tensor,
  createNormalizationLayer,
  kernelInfo,
  mean,
  memoryInfo,
  randomNormal,
  square,
  valueAndGrad,
} from '../../src/index.js';

const x = randomNormal([8, 4], { seed: 1 });

/** A model with everything that a snapshot holds: weights, running statistics, a random generator and modes. */
const built = (): Sequential => {
  const model = new Sequential([
    new Dense(6, { seed: 1 }),
    createNormalizationLayer('batch_norm'),
    new Dropout(0.5, { seed: 2 }),
    new Dense(2, { seed: 3 }),
  ]);
  model.eval().forward(x);
  return model.train();
};

const step = (model: Module & { forward(x: Tensor): Tensor }, optimizer = new Adam()): void =>
  optimizer.step(valueAndGrad(() => mean(square(model.forward(x))), model).gradients);

/** Everything that a snapshot of all parts restores. */
const stateOf = (model: Module) => ({
  weights: Object.entries(model.stateDict()).map(([name, array]) => [name, [...array.data]]),
  generators: [...model.generators()].map(([name, { state }]) => [name, state]),
  modes: [...model.namedModules()].map(([name, { training }]) => [name, training]),
});

const changed = (model: Sequential): void => {
  step(model);
  model.eval();
  (model.layers[1] as Module).train();
};

describe('a snapshot of a module', () => {
  it('restores weights, running statistics, random generators and modes, as often as asked', () => {
    const model = built();
    (model.layers[2] as Module).eval();
    const before = stateOf(model);
    const snapshot = model.snapshot();
    for (let round = 0; round < 3; round++) {
      for (let i = 0; i < 3; i++) step(model.train());
      changed(model);
      const after = stateOf(model);
      for (const part of ['weights', 'generators', 'modes'] as const) {
        expect(after[part], part).not.to.deep.equal(before[part]);
      }
      snapshot.restore();
      expect(stateOf(model)).to.deep.equal(before);
    }
  });

  it('gives the same outputs and gradients again, masks of dropout included', () => {
    const model = built();
    const snapshot = model.snapshot();
    const measured = () => {
      const { value, gradients } = valueAndGrad(() => mean(square(model.forward(x))), model);
      return [value.item(), ...model.parameters().map((one) => String(gradients.of(one)?.toArray()))];
    };
    const first = measured();
    step(model);
    expect(measured()).not.to.deep.equal(first);
    snapshot.restore();
    expect(measured()).to.deep.equal(first);
  });

  it('restores only the parts that were named', () => {
    const parts = ['weights', 'generators', 'modes'] as const;
    for (const wanted of parts) {
      const model = built();
      const before = stateOf(model);
      const snapshot = model.snapshot(wanted);
      changed(model);
      const after = stateOf(model);
      snapshot.restore();
      const now = stateOf(model);
      for (const part of parts) {
        expect(now[part], `${part} after ${wanted}`).to.deep.equal((part === wanted ? before : after)[part]);
      }
    }
  });

  it('leaves weights that a layer built afterwards', () => {
    const model = new Sequential([new Dense(3, { seed: 1 })]);
    const snapshot = model.snapshot();
    model.eval().forward(x);
    const weights = stateOf(model).weights;
    snapshot.restore();
    expect(model.training).to.equal(true);
    expect(stateOf(model).weights).to.deep.equal(weights);
  });

  it('outlives other snapshots of the same arrays', () => {
    const model = built();
    const before = stateOf(model);
    const [outer, inner] = [model.snapshot(), model.snapshot()];
    step(model);
    inner.release();
    for (let i = 0; i < 4; i++) step(model);
    outer.restore();
    expect(stateOf(model)).to.deep.equal(before);
    outer.release();
    step(model);
    expect(
      stateOf(model).weights.every(([, numbers]) => (numbers as number[]).every(Number.isFinite)),
    ).to.equal(true);
  });

  it('copies no array, and frees those that were replaced when it is released', function () {
    if (kernelInfo().kernels === 'js') this.skip();
    const model = new Sequential([new Dense(200, { seed: 1 }), new Dense(200, { seed: 2 })]);
    const wide = randomNormal([4, 200], { seed: 1 });
    const optimizer = new Adam();
    const train = (): void =>
      optimizer.step(valueAndGrad(() => mean(square(model.forward(wide))), model).gradients);
    for (let i = 0; i < 4; i++) train();
    const level = memoryInfo().bytes;
    const snapshot = model.snapshot();
    expect(memoryInfo().bytes).to.equal(level);
    for (let i = 0; i < 4; i++) train();
    expect(memoryInfo().bytes).to.be.at.least(level + 2 * 200 * 200 * 4);
    snapshot.release();
    for (let i = 0; i < 2; i++) train();
    expect(memoryInfo().bytes).to.equal(level);
  });

  it('refuses to restore what was released; to release it again does nothing', () => {
    const model = built();
    const snapshot = model.snapshot();
    snapshot.release();
    snapshot.release();
    expect(() => snapshot.restore()).to.throw(
      NormtapeError,
      'Snapshot.restore: expected a snapshot that still has its arrays, received "one that was released".',
    );
    step(model);
  });

  it('refuses unknown parts, and says which one was meant', () => {
    const snapshot = (...parts: readonly unknown[]) => built().snapshot(...(parts as 'modes'[]));
    expect(() => snapshot('modes', 'weight')).to.throw(
      NormtapeError,
      'Module.snapshot: expected parts among weights, generators, modes, received "weight". Did you mean weights?',
    );
    for (const part of [undefined, null, 1, {}, []]) expect(() => snapshot(part)).to.throw(NormtapeError);
  });
});
