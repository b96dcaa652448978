import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo } from '../../src/array/index.js';
import {
  Activation,
  AdamW,
  Dense,
  Dropout,
  type Module,
  Sequential,
  type Tensor,
  add,
  array,
  createNormalizationLayer,
  crossEntropy,
  logSumExp,
  max,
  mul,
  randomNormal,
  scaledDotProductAttention,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { arena } from '../../src/kernels/index.js';
import type * as Engines from '../../src/kernels/wasm/engine.js';
import { builds } from '../support/builds.js';
import { runs } from '../support/runs.js';

const isCompiled = (): boolean => kernelInfo().kernels !== 'js';
const norm = (type: 'layer_norm' | 'batch_norm' | 'dynamic_tanh' | 'logit_norm') =>
  createNormalizationLayer(type) as Module & { forward(x: Tensor): Tensor };
const bits = (x: Tensor): number[] => [...array.flat(x.value)];

/** The loss of each of 30 steps, and the state after them. */
function trained(): unknown {
  const model = new Sequential([
    new Dense(33, { seed: 1 }),
    norm('batch_norm'),
    new Activation('gelu'),
    new Dense(16, { seed: 2 }),
    norm('layer_norm'),
    new Dropout(0.1, { seed: 3 }),
    norm('dynamic_tanh'),
    new Dense(5, { seed: 4 }),
    norm('logit_norm'),
  ]);
  const optimizer = new AdamW({ learningRate: 0.01 });
  const x = randomNormal([24, 19], { seed: 5 });
  const labels = Array.from({ length: 24 }, (_, i) => i % 5);
  const losses: number[] = [];
  for (let step = 0; step < 30; step++) {
    const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(x), labels));
    losses.push(...bits(value));
    optimizer.step(gradients);
  }
  const state = Object.entries(model.stateDict()).map(([name, a]) => [name, [...array.flat(a)]]);
  return { losses, state };
}

/** Ops that training above has not, in both dtypes, with groups whose squares leave float64 among them. */
function computed(): unknown {
  return (['float32', 'float64'] as const).map((dtype) => {
    const x = randomNormal([2, 9, 12], { seed: 6, dtype });
    const far = tensor(
      bits(randomNormal([300], { seed: 7 })).map((value) => value * (dtype === 'float32' ? 1e30 : 1e200)),
      { shape: [25, 12], dtype },
    );
    return [
      vjp(() => scaledDotProductAttention(x, x, x, { causal: true })),
      vjp(() => norm('layer_norm').forward(far)),
      vjp(() => norm('batch_norm').forward(far)),
      vjp(() => add(mul(max(x, -1), 2), logSumExp(x, -1))),
    ].map(({ value, pullback }, i) => {
      const gradients = pullback(randomNormal(value.shape, { seed: i, dtype }));
      return [bits(value), ...[...gradients].map(([, gradient]) => bits(gradient))];
    });
  });
}

/** Runs with a memory that refuses some of what it is asked for. */
function refusing<Y>(refuses: () => boolean, run: () => Y): Y {
  const memory = arena()!;
  const malloc = memory.malloc.bind(memory);
  // To take all there is would leave it in pieces of other sizes than later tests need.
  Object.assign(memory, { malloc: (bytes: number) => (refuses() ? undefined : malloc(bytes)) });
  try {
    return run();
  } finally {
    Reflect.deleteProperty(memory, 'malloc');
  }
}

describe('the same seeds, if the memory is full', () => {
  before(function () {
    if (!isCompiled()) this.skip();
  });

  it('give the same bits without any memory left', () => {
    expect(refusing(() => true, trained)).to.deep.equal(trained());
    expect(refusing(() => true, computed)).to.deep.equal(computed());
  });

  it('give the same bits wherever the memory becomes full, and free it', () => {
    const expected = [trained(), computed()];
    fc.assert(
      fc.property(fc.infiniteStream(fc.boolean()), (refusals) => {
        const refuses = () => refusals.next().value as boolean;
        expect(refusing(refuses, () => [trained(), computed()])).to.deep.equal(expected);
      }),
      { numRuns: runs(0.02) },
    );
  });

  it('give the same bits after it was full', () => {
    const expected = trained();
    const { shortages } = kernelInfo();
    const memory = arena()!;
    const held = [];
    for (const bytes of [2 ** 26, 2 ** 20, 2 ** 12])
      for (let block = memory.malloc(bytes); block; block = memory.malloc(bytes)) held.push(block);
    const full = trained();
    for (const block of held) memory.free(block);
    expect(full).to.deep.equal(expected);
    expect(trained()).to.deep.equal(expected);
    expect(kernelInfo().shortages).to.equal(shortages);
  });

  it('are counted if the host has no more memory', async () => {
    // A copy of the module, whose count is its own.
    const path = '../../src/kernels/wasm/engine.js?alone';
    const { compile, countShortages, roomier } = (await import(path)) as typeof Engines;
    const engine = compile('plain', builds);
    if (typeof engine === 'string') throw new Error(engine);
    const { buffer } = roomier(engine, 1000)!.arena;
    expect(buffer.byteLength).to.be.above(2000);
    expect(buffer).not.to.equal(engine.arena.buffer);
    expect(countShortages()).to.equal(0);
    expect(roomier(engine, 2 ** 33), 'more than there can be').to.equal(undefined);
    expect(countShortages()).to.equal(1);
  });
});
