import { expect } from 'chai';
import { findingsOn } from '../../../../src/cli/experiment/ood/claims.js';
import { histogram } from '../../../../src/cli/experiment/ood/histogram.js';
import { groupsOf, methodsOf, objectivesOf, scoresOf } from '../../../../src/cli/experiment/ood/methods.js';
import { rowsOf } from '../../../../src/cli/experiment/ood/results.js';
import { type Fold, foldsOf, validationOf } from '../../../../src/cli/experiment/ood/samples.js';
import { SETTINGS } from '../../../../src/cli/experiment/ood/settings.js';
import { type Run, type Scores, validated } from '../../../../src/cli/experiment/ood/training.js';
import { asImages, atMost } from '../../../../src/cli/experiment/images.js';
import { digits } from '../../../../src/data/index.js';
import type { Tensor } from '../../../../src/index.js';
import { resolve } from '../../../../src/option/index.js';
import { detection } from '../../../../src/train/index.js';
import { folder, say } from '../../support.js';

const scores = (inliers: number[], outliers: number[], train = [1, 1]): Scores => ({
  train,
  inliers,
  outliers: { 'held-out classes': outliers, noise: outliers, inverted: outliers },
  calibrationError: undefined,
});
const run = (
  objective: Run['objective'],
  seed: number,
  readings: Run['readings'],
  diverged?: string,
): Run => ({
  objective,
  seed,
  choice: { learningRate: 0.1, temperature: 1, scale: 1 },
  diverged,
  accuracy: diverged === undefined ? 0.5 + seed / 10 : undefined,
  readings,
});
const folds = [1, 2, 3].map((seed) => ({ seed }) as Fold);
const constants = { constants: [1] };

describe('experiment ood: methods', () => {
  it('need each training of their groups once', () => {
    expect(objectivesOf(groupsOf())).to.deep.equal([
      'cross_entropy',
      'logit_norm',
      'band_logit_norm',
      'focal',
      'center',
    ]);
    expect(objectivesOf(groupsOf(['logit_norm', 'logit_norm_loss']))).to.deep.equal(['logit_norm']);
    expect(() => groupsOf(['maxlogit'])).to.throw('--norms: expected one of softmax, max_logit, ');
    expect(methodsOf(groupsOf(['dml_plus']), constants).map(({ name }) => name)).to.deep.equal([
      'dml_plus_focal',
      'dml_plus_center',
      'dml_plus',
      'dml_plus_focal of features',
      'dml_plus_center of features',
      'dml_plus of features',
    ]);
  });

  it('add two readings, each divided by its mean magnitude over the training samples', () => {
    const plus = methodsOf(groupsOf(['dml_plus']), constants)[2]!;
    const runs = [
      run('focal', 1, { dml_plus_focal: { ...scores([4], [2], [1, 3]), calibrationError: 0.25 } }),
      run('center', 1, { dml_plus_center: scores([10], [20], [5, 15]) }),
    ];
    expect(scoresOf(plus, 1, runs)).to.deep.equal({ ...scores([3], [3], [1, 3]), calibrationError: 0.25 });
    const negative = { ...runs[0]!, readings: { dml_plus_focal: scores([-4], [-6], [-1, -3]) } };
    expect(scoresOf(plus, 1, [negative, runs[1]!])).to.deep.equal(scores([-1], [-1], [0, 0]));
    expect(scoresOf(plus, 1, runs.slice(0, 1))).to.equal(undefined);
    expect(scoresOf(plus, 2, runs)).to.equal(undefined);
  });
});

describe('experiment ood: results', () => {
  const method = methodsOf(groupsOf(['softmax']), constants)[0]!;
  const parts = [scores([3, 2], [1, 2.5]), scores([3, 2], [1, 0])];

  it('are the detection measures over the seeds that did not diverge', () => {
    const runs = [
      run('cross_entropy', 1, { softmax: { ...parts[0]!, calibrationError: 0.1 } }),
      run('cross_entropy', 2, {}, 'A loss.'),
      run('cross_entropy', 3, { softmax: { ...parts[1]!, calibrationError: 0.3 } }),
    ];
    const [row] = rowsOf([method], folds, runs);
    expect(row).to.deep.include({ method: 'softmax', seeds: [1, 3], diverged: 1 });
    expect(row!.accuracy!.values).to.deep.equal([0.6, 0.8]);
    expect(row!.calibrationError!.values).to.deep.equal([0.1, 0.3]);
    const expected = parts.map(({ inliers, outliers }) => detection(inliers, outliers.noise));
    for (const measure of ['auroc', 'auprIn', 'auprOut', 'fpr95'] as const) {
      expect(row!.outliers.noise[measure]!.values).to.deep.equal(expected.map((one) => one[measure]));
    }
  });

  it('compare claims with differences seed by seed', () => {
    const verdict = (better: number[][], worse: number[][]) => {
      const made = (outliers: number[][]) =>
        outliers.map((own, i) =>
          scores(
            [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((x) => x + 0.5),
            own,
            [i],
          ),
        );
      const [a, b] = [made(better), made(worse)];
      const runs = folds.map(({ seed }, i) =>
        run('cross_entropy', seed, { max_logit: a[i]!, softmax: b[i]! }),
      );
      const rows = rowsOf(methodsOf(groupsOf(['softmax', 'max_logit']), constants), folds, runs);
      const found = findingsOn(rows);
      expect(found).to.have.length(3);
      return found[0]!;
    };
    const [low, middle, high] = [[1], [4], [8]];
    expect(verdict([low, low, middle], [middle, middle, high])).to.deep.include({
      name: 'MaxLogit over softmax',
      verdict: 'reproduced',
      source: 'Hendrycks et al. 2022',
      outliers: 'held-out classes',
    });
    expect(verdict([middle, middle, high], [low, low, middle]).verdict).to.equal('reversed');
    const mixed = verdict([low, high, middle], [middle, middle, middle]);
    expect(mixed.verdict).to.equal('undecided');
    expect(mixed.difference.values.map((x) => x.toFixed(1))).to.deep.equal(['0.3', '-0.4', '0.0']);
  });

  it('leave claims undecided for one seed', () => {
    const runs = [run('cross_entropy', 1, { max_logit: scores([2], [1]), softmax: scores([1], [2]) })];
    const rows = rowsOf(methodsOf(groupsOf(['softmax', 'max_logit']), constants), folds, runs);
    expect(findingsOn(rows)[0]!.verdict).to.equal('undecided');
  });

  it('draw a histogram with the share of each set in each bin', () => {
    const { x, lines } = histogram('some', scores([0, 10, 10, 40], [40, 39.5]));
    expect(x).to.deep.equal(Array.from({ length: 40 }, (_, i) => i));
    expect(lines.map(({ name }) => name)).to.deep.equal(['inliers', 'held-out classes', 'noise', 'inverted']);
    const [inliers, noise] = [lines[0]!.values, lines[2]!.values];
    expect([inliers[0], inliers[10], inliers[39]]).to.deep.equal([0.25, 0.5, 0.25]);
    expect(noise[39]).to.equal(1);
    const flat = histogram('flat', scores([1, 1], [1]));
    expect(flat.lines[0]!.values[0]).to.equal(1);
  });
});

describe('experiment ood: the command', () => {
  const out = folder();
  const tiny = ['--out', out, '--samples', '120', '--epochs', '1', '--width', '2', '--seeds', '2'];
  const command = (...args: string[]) => say(['experiment', 'ood', ...tiny, ...args]);

  it('returns the same numbers for the same seeds, with all data in JSON', async () => {
    const results = async () =>
      JSON.parse((await command('--json')).out) as Record<string, unknown> & {
        methods: { method: string }[];
        claims: { verdict: string }[];
        runs: { objective: string; accuracy: number }[];
        data: { folds: { heldOut: string[] }[] };
      };
    const [one, two] = [await results(), await results()];
    expect({ ...two, created: 0, seconds: 0 }).to.deep.equal({ ...one, created: 0, seconds: 0 });
    expect(one.methods.map(({ method }) => method)).to.include.members([
      'softmax',
      'max_logit',
      'decoupled_max_logit, k = 10',
      'logit_norm_loss',
      'logit_norm',
      'band_logit_norm',
      'dml_plus',
      'dml_plus of features',
    ]);
    expect(one.claims).to.have.length(21);
    expect(one.runs).to.have.length(10);
    expect(one.data.folds.map(({ heldOut }) => heldOut.length)).to.deep.equal([2, 2]);
  });

  it('chooses the rate and the constants of each training on validation data, and reports them', async () => {
    const flags = [
      '--norms',
      'softmax,logit_norm_loss,dml_plus',
      '--learning-rates',
      '1e30,0.1',
      '--epochs',
      '2',
    ];
    const rest = ['--temperatures', '0.04,1', '--scales', '10'];
    const { out: said } = await command('--json', ...flags, ...rest);
    const { tuning, runs } = JSON.parse(said) as Record<
      'tuning' | 'runs',
      readonly {
        method: string;
        objective: string;
        choice: Readonly<Record<string, number>>;
        score: number | null;
      }[]
    >;
    const tried = (objective: string) => tuning.filter(({ method }) => method === objective);
    expect(tried('cross_entropy').map(({ choice }) => choice)).to.deep.equal([
      { learningRate: 1e30, temperature: 1, scale: 1 },
      { learningRate: 0.1, temperature: 1, scale: 1 },
    ]);
    expect(tried('logit_norm')).to.have.length(4);
    expect(tried('focal').map(({ choice }) => choice['scale'])).to.deep.equal([10, 10]);
    for (const { objective, choice } of runs) {
      const own = tried(objective);
      const best = Math.max(...own.map(({ score }) => score ?? -Infinity));
      expect(choice).to.deep.equal(own.find(({ score }) => score === best)!.choice);
      expect(choice['learningRate']).to.equal(0.1);
    }
    const { out: shown } = await command(...flags, ...rest);
    expect(shown)
      .to.match(/│ cross_entropy +│[^\n]*│ rate 0\.1 /)
      .and.to.match(/│ focal +│[^\n]*│ rate 0\.1, scale/);
    expect(shown).to.include('logit_norm: Wei et al. 2022').and.to.include('focal: Zhang and Xiang 2023');
  });

  it('prints tables of at most 80 columns, whatever the constants', async () => {
    const { out: said } = await command(
      '--constants',
      '0.000123,123456',
      '--learning-rates',
      '0.1',
      '--temperatures',
      '1',
      '--scales',
      '10',
    );
    const lines = said.split('\n').filter((line) => /^[│┌├└]/.test(line));
    expect(lines.length).to.be.above(60);
    for (const line of lines) expect(line.length, line).to.be.at.most(80);
  });

  it('validates by AUROC against Gaussian noise and accuracy, without test samples', () => {
    const settings = resolve('test', SETTINGS, { epochs: 8, width: 4, seeds: 1 });
    const [fold] = foldsOf(atMost(asImages('test', digits()), 600), settings);
    const { inliers, noise } = validationOf(fold!, settings, 5);
    const key = (x: Tensor, i: number) => x.value.data.slice(i * 64, (i + 1) * 64).join();
    const keys = (x: Tensor) => Array.from({ length: x.shape[0]! }, (_, i) => key(x, i));
    const trained = keys(fold!.inliers.train.features);
    expect([...keys(inliers.train.features), ...keys(inliers.test.features)].sort()).to.deep.equal(
      trained.sort(),
    );
    expect(noise.shape).to.deep.equal(inliers.test.features.shape);
    const training = {
      objective: 'cross_entropy',
      choice: { learningRate: 0.1, temperature: 1, scale: 1 },
    } as const;
    const score = (strange: Tensor): number => {
      const steps = validated(settings, training, { inliers, noise: strange }, 5);
      let next = steps.next();
      while (!next.done) next = steps.next();
      return next.value;
    };
    // Inliers cannot be told from themselves: the AUROC is ½, which leaves the accuracy.
    const chance = score(inliers.test.features);
    const right = (2 * chance - 0.5) * inliers.test.labels.length;
    expect(right).to.be.closeTo(Math.round(right), 1e-9);
    // A network that has learned something scores inliers higher than noise.
    expect(score(noise)).to.be.within(chance + 0.05, 1);
  });

  it('counts diverged trainings, and reports the number that was not finite', async () => {
    const { code, out: said } = await command(
      '--learning-rates',
      '1e30',
      '--norms',
      'softmax',
      '--epochs',
      '4',
    );
    expect(code).to.equal(0);
    expect(said)
      .to.match(/cross_entropy[^\n]*2 of 2/)
      .and.to.match(/2 trainings diverged[^]*(?:finite|without NaN)/);
  });

  it('rejects wrong settings before it trains', async () => {
    const refusals: readonly (readonly [string, string, string])[] = [
      ['--held-out', '9', '--held-out: expected at most 8 of 10 classes'],
      ['--norms', 'soft_max', 'Did you mean softmax?'],
      ['--data', 'moons', 'ood: expected images, received "samples of the shape [2]".'],
      ['--temperatures', '0', 'ood.temperatures: expected'],
      ['--scales', '', '--scales: expected one or more numbers'],
    ];
    for (const [flag, value, message] of refusals) {
      const { code, err, out: said } = await command(flag, value);
      expect({ code, said }).to.deep.equal({ code: 1, said: '' });
      expect(err).to.include(message);
    }
  });
});
