import { expect } from 'chai';
import fc from 'fast-check';
import { Random } from '../../../src/array/index.js';
import { accuracyOf, chanceOf, outcomeOf } from '../../../src/cli/sweep/outcome.js';
import type { Plan } from '../../../src/cli/sweep/plan.js';
import { type Evidence, rankingOf } from '../../../src/cli/sweep/ranking.js';
import { sameFunctions } from '../../../src/cli/sweep/same.js';
import { stepTimes } from '../../../src/cli/sweep/timing.js';
import type { Run } from '../../../src/cli/sweep/training.js';
import { dataset, regressionDataset } from '../../../src/data/index.js';
import { tuningsOf } from '../../../src/cli/sweep/tuning.js';
import { epochOf, planOf, runOf } from './support.js';

const NAMES = ['none', 'a', 'b', 'c', 'd'];

const evidence = (given: Partial<Evidence> = {}): Evidence => ({
  task: 'classes',
  testSamples: 1000,
  chance: 0.5,
  baseline: 'none',
  same: [],
  tunings: NAMES.map((variant) => ({ variant, trials: [], learningRate: 0.003, atTheEnd: false })),
  times: [],
  ...given,
});

/** Runs of all variants over some seeds; each variant exceeds the baseline by its effect, with noise. */
function drawn(random: Random, effects: Readonly<Record<string, number>>, seeds = 8): Run[] {
  return Array.from({ length: seeds }, (_, i) =>
    Object.entries(effects).map(([variant, effect]) =>
      runOf(variant, i + 1, Math.round(1000 * (0.8 + effect + 0.005 * random.normal())) / 1000),
    ),
  ).flat();
}

const verdictsOf = (runs: readonly Run[], given: Partial<Evidence> = {}) =>
  Object.fromEntries(
    rankingOf(runs, evidence(given)).map(({ variant, difference }) => [variant, difference?.verdict]),
  );

describe('the ranking of a sweep', () => {
  it('lists significantly better norms first and significantly worse ones last, with ties between', () => {
    const runs = drawn(new Random(1), { none: 0, a: 0.05, b: 0.001, c: -0.05, d: 0 });
    const ranking = rankingOf(runs, evidence());
    expect(ranking[0]!.variant).to.equal('a');
    expect(ranking.at(-1)!.variant).to.equal('c');
    expect(verdictsOf(runs)).to.deep.equal({
      a: 'better',
      b: 'tied',
      c: 'worse',
      d: 'tied',
      none: undefined,
    });
  });

  it('does not depend on the order of runs and variants', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = new Random(seed);
        const runs = drawn(random, { none: 0, a: 0.01, b: 0.005, c: -0.005, d: 0 }, 4);
        const shuffled = [...random.permutation(runs.length)].map((i) => runs[i]!);
        const tunings = [...evidence().tunings].reverse();
        expect(rankingOf(shuffled, evidence({ tunings }))).to.deep.equal(rankingOf(runs, evidence()));
      }),
      { numRuns: 30 },
    );
  });

  it('does not change if all accuracies of a seed shift equally, because seeds are paired', () => {
    const runs = drawn(new Random(2), { none: 0, a: 0.02, b: 0.001, c: -0.02 });
    const easier = runs.map((run) => runOf(run.variant, run.seed, run.epochs[1]!.accuracy + 0.02 * run.seed));
    const [plain, moved] = [runs, easier].map((own) =>
      rankingOf(own, evidence()).map(({ variant, difference }) => [
        variant,
        difference?.verdict,
        difference?.mean.toFixed(9),
        difference?.reach?.toFixed(9),
      ]),
    );
    expect(moved).to.deep.equal(plain);
  });

  it('compares over the seeds that both have finished, and counts the runs of each', () => {
    const runs = [...drawn(new Random(3), { none: 0, a: 0.05 }, 5), runOf('none', 6, 0.1)];
    const [a, none] = rankingOf(runs, evidence());
    expect([a!.runs, none!.runs, a!.difference!.pairs]).to.deep.equal([5, 6, 5]);
    expect(a!.difference!.verdict).to.equal('better');
  });

  it('gives no verdicts for one seed, or without the baseline', () => {
    const runs = [runOf('none', 1, 0.6), runOf('a', 1, 0.9)];
    expect(verdictsOf(runs)).to.deep.equal({ a: 'unknown', none: undefined });
    expect(rankingOf(runs, evidence())[0]!.accuracy.reach).to.equal(undefined);
    expect(verdictsOf([runOf('a', 1, 0.9)])).to.deep.equal({ a: undefined });
    expect(rankingOf([], evidence())).to.deep.equal([]);
  });

  it('counts a diverged run as a guess, so that a norm with one surviving run does not win', () => {
    const runs = Array.from({ length: 6 }, (_, i) => [
      runOf('none', i + 1, 0.8 + 0.001 * i),
      runOf('a', i + 1, 0.99, i > 0 ? { divergedIn: 1, epochs: [epochOf(0, 0.5)] } : {}),
    ]).flat();
    const found = rankingOf(runs, evidence()).find(({ variant }) => variant === 'a')!;
    expect(found).to.deep.include({ runs: 6, diverged: 5, didNotLearn: 0 });
    expect(found.accuracy.mean).to.be.closeTo((0.99 + 5 * 0.5) / 6, 1e-12);
    expect(found.loss!.count).to.equal(1);
    expect(found.difference!.mean).to.be.below(0);
  });

  it('estimates how many seeds would prove a difference, more if several norms are compared', () => {
    const noisy = drawn(new Random(8), { none: 0, a: 0.003, b: 0, c: 0, d: 0 });
    const needed = (runs: readonly Run[]): number =>
      rankingOf(runs, evidence()).find(({ variant }) => variant === 'a')!.difference!.seedsToTell!;
    const alone = needed(noisy.filter(({ variant }) => ['none', 'a'].includes(variant)));
    expect(needed(noisy)).to.be.above(alone);
    const twins = [['a', 'b', 'c', 'd']];
    const together = rankingOf(noisy, evidence({ same: twins })).find(({ variant }) => variant === 'a')!;
    expect(together.difference!.seedsToTell).to.equal(alone);
  });
});

describe('the outcome of a run', () => {
  const guessing = { task: 'classes', testSamples: 200, chance: 0.1 } as const;
  const outcome = (accuracy: number, more: Partial<Run> = {}) =>
    outcomeOf(runOf('a', 1, accuracy, more), guessing);

  it('is "did not learn" if it is no better than the most frequent class, whatever the loss', () => {
    expect(outcome(0.1, { epochs: [epochOf(0, 0.05), epochOf(1, 0.1, 2338)] })).to.equal('did not learn');
    expect(outcome(0.1, { epochs: [epochOf(0, 0.05), epochOf(1, 0.1, Math.log(10))] })).to.equal(
      'did not learn',
    );
    expect(outcome(0.14)).to.equal('did not learn');
    expect(outcome(0.2)).to.equal('learned');
    expect(outcomeOf(runOf('a', 1, 0.9), { task: 'classes', testSamples: 200, chance: 0.9 })).to.equal(
      'did not learn',
    );
  });

  it('is "did not learn" if it is no better than before training', () => {
    expect(outcome(0.3, { epochs: [epochOf(0, 0.3), epochOf(1, 0.3)] })).to.equal('did not learn');
    expect(outcome(0.3, { epochs: [epochOf(0, 0.29), epochOf(1, 0.3)] })).to.equal('learned');
  });

  it('is "diverged" if a loss was not finite, and then counts as a guess', () => {
    const run = runOf('a', 1, 0.7, { divergedIn: 2 });
    expect(outcomeOf(run, guessing)).to.equal('diverged');
    expect(accuracyOf(run, guessing)).to.equal(0.1);
    expect(accuracyOf(runOf('a', 1, 0.7), guessing)).to.equal(0.7);
  });

  it('does not judge test samples so few that a perfect score may be luck', () => {
    expect(outcomeOf(runOf('a', 1, 1), { task: 'classes', testSamples: 3, chance: 2 / 3 })).to.equal(
      'learned',
    );
  });

  it('rarely calls a guessing network "learned"', () => {
    const random = new Random(9);
    let learned = 0;
    for (let i = 0; i < 2000; i++) {
      const hits = Array.from({ length: 200 }, () => Number(random.uniform() < 0.1));
      const accuracy = hits.reduce((sum, x) => sum + x, 0) / 200;
      learned += Number(outcome(accuracy) === 'learned');
    }
    expect(learned / 2000).to.be.below(0.02);
  });

  it('uses the share of the most frequent class, or an R² of 0, as the score of a guess', () => {
    expect(chanceOf(dataset('d', [1, 2, 3, 4], [2, 0, 2, 1], ['a', 'b', 'c']))).to.equal(0.5);
    expect(chanceOf(regressionDataset('r', [1, 2], [3, 4]))).to.equal(0);
    const guess = { task: 'numbers', testSamples: 200, chance: 0 } as const;
    expect(outcomeOf(runOf('a', 1, 0.01), guess)).to.equal('learned');
    expect(outcomeOf(runOf('a', 1, -0.2), guess)).to.equal('did not learn');
  });
});

describe('the choice of a learning rate', () => {
  const plan = planOf('none,rms_norm', { learningRates: [0.01, 0.1, 0.001], tuningSeeds: 2 });
  const tuning = (rate: number, seed: number, accuracy: number, loss: number, more: Partial<Run> = {}): Run =>
    runOf('none', seed, accuracy, {
      stage: 'tuning',
      learningRate: rate,
      epochs: [epochOf(0, 0), epochOf(1, accuracy, loss)],
      ...more,
    });
  const chosen = (runs: readonly Run[]) => tuningsOf(plan, runs)[0];

  it('takes the highest mean accuracy, and among equals the lowest loss', () => {
    const runs = [
      [0.001, 0.9, 0.1],
      [0.01, 0.95, 0.3],
      [0.1, 0.95, 0.2],
    ].flatMap(([rate, accuracy, loss]) => [
      tuning(rate!, 7, accuracy! - 0.01, loss!),
      tuning(rate!, 8, accuracy! + 0.01, loss!),
    ]);
    const { learningRate, atTheEnd, trials } = chosen(runs)!;
    expect({ learningRate, atTheEnd }).to.deep.equal({ learningRate: 0.1, atTheEnd: true });
    expect(trials.map((trial) => trial.learningRate)).to.deep.equal([0.001, 0.01, 0.1]);
    expect(chosen([...runs].reverse())!.learningRate).to.equal(0.1);
  });

  it('takes no rate at which a network diverged if another did well', () => {
    const runs = [
      tuning(0.001, 7, 0.7, 1),
      tuning(0.001, 8, 0.7, 1),
      tuning(0.01, 7, 0.8, 0.5),
      tuning(0.01, 8, 0.8, 0.5),
      tuning(0.1, 7, 0.99, 0.1),
      tuning(0.1, 8, 0.99, 0.1, { divergedIn: 1 }),
    ];
    expect(chosen(runs)).to.deep.include({ learningRate: 0.01, atTheEnd: false });
  });

  it('waits until all rates were tried', () => {
    expect(chosen([tuning(0.1, 7, 0.9, 0.1)])).to.equal(undefined);
  });
});

describe('norms that compute the same function', () => {
  function groupsOf(plan: Plan): readonly (readonly string[])[] {
    const steps = sameFunctions(plan);
    for (;;) {
      const { done, value } = steps.next();
      if (done) return value;
    }
  }

  it('are found without knowing their types', () => {
    const plan = planOf('none,layer_norm,rms_norm,group_norm,zero_centered_rms_norm,batch_norm,dynamic_tanh');
    expect(groupsOf(plan)).to.deep.equal([['layer_norm', 'group_norm']]);
    const reversed = { ...plan, variants: [...plan.variants].reverse() };
    expect(groupsOf(reversed)).to.deep.equal([['group_norm', 'layer_norm']]);
  });

  it('are found among configurations, and distinguished from similar ones', () => {
    const variants = [
      { name: 'unbiased', config: { type: 'layer_norm', center: false } },
      { name: 'centered', config: { type: 'zero_centered_rms_norm' } },
      { name: 'near', config: { type: 'layer_norm', center: false, epsilon: 2e-6 } },
      { name: 'grouped', config: { type: 'group_norm', groups: 2 } },
    ];
    expect(groupsOf({ ...planOf('none'), variants })).to.deep.equal([['unbiased', 'centered']]);
  });
});

describe('the time of a step', () => {
  it('is compared with the baseline in the same rounds, for each variant', function () {
    this.timeout(60_000);
    const plan = planOf('rms_norm,none,layer_norm');
    const steps = stepTimes(plan, () => 0.003);
    let next = steps.next();
    for (; !next.done; next = steps.next()) expect(next.value.share).to.be.within(0, 1);
    expect(next.value.map(({ variant }) => variant)).to.deep.equal(['rms_norm', 'none', 'layer_norm']);
    for (const { milliseconds, ratio } of next.value) {
      expect(milliseconds).to.be.above(0);
      expect(ratio.median).to.be.within(ratio.low, ratio.high);
    }
    expect(next.value[1]!.ratio).to.deep.equal({ median: 1, low: 1, high: 1 });
  });
});
