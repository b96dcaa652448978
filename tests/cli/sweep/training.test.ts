import { expect } from 'chai';
import { flat } from '../../../src/array/index.js';
import { correct } from '../../../src/cli/sweep/correct.js';
import { measure } from '../../../src/cli/sweep/measure.js';
import type { Plan } from '../../../src/cli/sweep/plan.js';
import { sweep } from '../../../src/cli/sweep/sweep.js';
import { taskOf } from '../../../src/cli/sweep/task.js';
import { type Run, train } from '../../../src/cli/sweep/training.js';
import { countOf, moons } from '../../../src/data/index.js';
import { crossEntropy, tensor } from '../../../src/index.js';
import { ConfigurableModel } from '../../../src/models/configurable-model.js';
import { SILENT, planOf } from './support.js';

/** Runs a training to its end. */
function finish(plan: Plan, seed = 1): { run: Run; losses: number[] } {
  const steps = train(plan, {
    stage: 'final',
    variant: plan.variants[0]!,
    learningRate: plan.settings.learningRates[0]!,
    seed,
  });
  const losses: number[] = [];
  for (let next = steps.next(); ; next = steps.next()) {
    if (next.done) return { run: next.value, losses };
    losses.push(next.value.loss);
  }
}

describe('a training', () => {
  it('makes every step of every epoch, and evaluates before the first and after each', () => {
    const { run, losses } = finish(planOf('rms_norm'));
    expect(losses.length).to.equal(3 * Math.ceil(80 / 32));
    expect(run.epochs.map(({ epoch }) => epoch)).to.deep.equal([0, 1, 2, 3]);
    expect(run.divergedIn).to.equal(undefined);
    expect(run.epochs[0]!.trainLoss).to.equal(undefined);
    expect(run.epochs[1]!.trainLoss).to.be.closeTo(
      (32 * losses[0]! + 32 * losses[1]! + 16 * losses[2]!) / 80,
      1e-12,
    );
    expect(run.epochs.every(({ layers }) => layers.length === 2)).to.equal(true);
  });

  it('learns', () => {
    const { run } = finish(planOf('rms_norm', { epochs: 40, learningRates: [0.02], hidden: [16] }));
    expect(run.epochs.at(-1)!.accuracy).to.be.above(0.9);
    expect(run.epochs.at(-1)!.loss).to.be.below(run.epochs[0]!.loss / 2);
  });

  it('returns the same numbers for the same seed, and others for another', () => {
    const numbers = (seed: number) => ({
      ...finish(planOf('batch_norm'), seed).run,
      seed: 0,
    });
    expect(numbers(1)).to.deep.equal(numbers(1));
    expect(numbers(1)).not.to.deep.equal(numbers(2));
  });

  it('trains in training mode, and evaluates in eval mode', () => {
    // Before its first batch, batch_norm in eval mode changes nothing.
    const [none, norm] = ['none', 'batch_norm'].map((norms) => finish(planOf(norms)));
    expect(norm!.run.epochs[0]!.loss).to.be.closeTo(none!.run.epochs[0]!.loss, 1e-5);
    expect(Math.abs(norm!.losses[0]! - none!.losses[0]!)).to.be.above(1e-3);
  });

  it('shuffles again for every epoch', () => {
    const { losses } = finish(planOf('none', { epochs: 2, learningRates: [1e-12] }));
    expect(losses.slice(0, 3)).not.to.deep.equal(losses.slice(3));
  });

  it('that diverges is reported with its epochs until then', () => {
    const { run, losses } = finish(planOf('none', { learningRates: [1e30] }));
    expect(run.divergedIn).to.be.within(1, 3);
    expect(run.epochs.length).to.equal(run.divergedIn);
    expect(run.epochs.every(({ loss }) => Number.isFinite(loss))).to.equal(true);
    expect(losses.slice(0, -1).every(Number.isFinite)).to.equal(true);
    expect(losses.length).to.be.below(9);
  });
});

describe('a measurement', () => {
  it('counts the rows whose largest logit is the label; a tie does not count', () => {
    const logits = tensor([
      [3, 1, 2],
      [1, 2, 2],
      [0, 0, 5],
      [NaN, 0, 0],
    ]);
    expect(correct(logits, Int32Array.of(0, 1, 2, 0))).to.equal(2);
    expect(correct(logits, Int32Array.of(1, 1, 1, 1))).to.equal(0);
  });

  it('weights all samples equally, in any number of chunks', () => {
    const data = moons({ samples: 2500, seed: 2 });
    const model = new ConfigurableModel({ classes: 2, hidden: [3], normalization: 'rms_norm', seed: 4 });
    const { loss, layers, accuracy } = measure(model, data, taskOf({ train: data, test: data }));
    const [hidden, logits] = model.layers(data.features);
    const outputs = [...flat(hidden!.value)];
    const average = outputs.reduce((sum, y) => sum + y, 0) / outputs.length;
    const power = outputs.reduce((sum, y) => sum + y * y, 0) / outputs.length;
    expect(layers[0]!.mean).to.be.closeTo(average, 1e-5);
    expect(layers[0]!.rms).to.be.closeTo(Math.sqrt(power), 1e-5);
    expect(loss).to.be.closeTo(crossEntropy(logits!, data.labels).item(), 1e-5);
    expect(accuracy).to.be.closeTo(correct(logits!, data.labels) / 2500, 1e-12);
    expect(model.training).to.equal(false);
  });
});

describe('a sweep', () => {
  const GRID = { seeds: 3, epochs: 2, learningRates: [0.01, 0.001], tuningSeeds: 2 };

  /** The runs of a sweep that resumes from some, and is interrupted after a number of new ones. */
  async function runsOf(plan: Plan, done: readonly Run[] = [], most = Infinity): Promise<readonly Run[]> {
    const interruption = new AbortController();
    const kept: Run[] = [];
    const keep = (run: Run): void => {
      kept.push(run);
      if (kept.length === most) interruption.abort();
    };
    const { runs } = await sweep(plan, {
      done,
      keep,
      fail() {},
      watcher: SILENT,
      interrupted: interruption.signal,
    });
    expect(runs).to.deep.equal([...done, ...kept]);
    return runs;
  }

  it('that is interrupted returns the finished runs', async () => {
    const runs = await runsOf(planOf('none,rms_norm,layer_norm', { seeds: 2 }), [], 2);
    expect(runs.map(({ variant, seed }) => [variant, seed])).to.deep.equal([
      ['none', 1],
      ['rms_norm', 1],
    ]);
    expect(runs.every(({ epochs }) => epochs.length === 4)).to.equal(true);
  });

  it('ends with the same runs to the bit wherever it is interrupted', async () => {
    const plan = planOf('none,batch_norm', GRID);
    const whole = await runsOf(plan);
    expect(whole.length).to.equal(2 * 2 * 2 + 3 * 2);
    for (const most of [1, 5, 8, 11]) {
      const begun = await runsOf(plan, [], most);
      expect(begun).to.deep.equal(whole.slice(0, most));
      expect(await runsOf(plan, begun)).to.deep.equal(whole);
    }
  });

  it('with more seeds repeats the runs of fewer, to the bit', async () => {
    const few = await runsOf(planOf('none,rms_norm', { ...GRID, seeds: 1 }));
    const more = planOf('none,rms_norm', GRID);
    expect(await runsOf(more, few)).to.deep.equal(await runsOf(more));
  });

  it('trains each variant with its chosen rate, on seeds that were not used for tuning', async () => {
    const plan = planOf('none,rms_norm', GRID);
    const { runs, tunings } = await sweep(plan, {
      done: [],
      keep: () => {},
      fail: () => {},
      watcher: SILENT,
      interrupted: new AbortController().signal,
    });
    const seedsOf = (stage: Run['stage']) =>
      new Set(runs.filter((run) => run.stage === stage).map(({ seed }) => seed));
    expect([...seedsOf('final')]).to.deep.equal([1, 2, 3]);
    expect([...seedsOf('tuning')].filter((seed) => seedsOf('final').has(seed))).to.deep.equal([]);
    for (const { variant, learningRate } of tunings) {
      const rates = runs.filter((run) => run.stage === 'final' && run.variant === variant);
      expect(new Set(rates.map((run) => run.learningRate))).to.deep.equal(new Set([learningRate]));
    }
  });

  it('chooses learning rates without the test samples', async () => {
    const plan = planOf('none', GRID);
    const { train: samples, test } = plan.tuning!;
    expect([countOf(samples), countOf(test)]).to.deep.equal([64, 16]);
    const rows = (data: typeof test) => (data.features.toArray() as number[][]).map(String);
    const tested = new Set(rows(plan.split.test));
    expect([...rows(samples), ...rows(test)].filter((row) => tested.has(row))).to.deep.equal([]);
    expect(new Set([...rows(samples), ...rows(test)])).to.deep.equal(new Set(rows(plan.split.train)));
  });
});
