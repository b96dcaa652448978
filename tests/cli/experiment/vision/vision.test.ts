import { expect } from 'chai';
import fc from 'fast-check';
import { channelDiversity } from '../../../../src/cli/experiment/vision/diversity.js';
import { findingsOf } from '../../../../src/cli/experiment/vision/findings.js';
import { ConvNeXt, resnet } from '../../../../src/cli/experiment/vision/networks.js';
import { type Plan, responsesOf, variantsOf } from '../../../../src/cli/experiment/vision/plan.js';
import { SETTINGS } from '../../../../src/cli/experiment/vision/settings.js';
import { type Run, train } from '../../../../src/cli/experiment/vision/training.js';
import { ratesOf, tuningTrials } from '../../../../src/cli/experiment/vision/tuning.js';
import { asImages } from '../../../../src/cli/experiment/images.js';
import { digits, pick } from '../../../../src/data/index.js';
import { Adam, SGD, cosineSchedule, crossEntropy, randomNormal, tensor } from '../../../../src/index.js';
import { resolve } from '../../../../src/option/index.js';
import { accuracy, fit } from '../../../../src/train/index.js';
import { folder, say } from '../../support.js';

const rows = (from: number, count: number) => Array.from({ length: count }, (_, i) => from + i);
const images = asImages('test', digits());
const split = { train: pick(images, rows(0, 40)), test: pick(images, rows(40, 30)) };
const settings = {
  ...resolve('test', SETTINGS, {}),
  learningRates: [0.1],
  convnextRates: [0.01],
  epochs: 2,
  convnextEpochs: 2,
  width: 4,
  batchSizes: [20],
};

const planOf = (norms?: readonly string[], given: Partial<typeof settings> = {}): Plan => {
  const all = { ...settings, ...given };
  const variants = variantsOf(norms, all);
  return { source: 'digits', split, variants, rates: ratesOf(variants, all), settings: all };
};

function runOf(name: string, seed = 3): Run {
  const plan = planOf();
  const variant = plan.variants.find((variant) => variant.name === name)!;
  const steps = train(plan, { variant, seed, learningRate: plan.rates.chosen(name) });
  const shares: number[] = [];
  for (;;) {
    const next = steps.next();
    if (next.done) {
      expect(shares.at(-1)).to.equal(1);
      expect(shares).to.deep.equal([...shares].sort((a, b) => a - b));
      return next.value;
    }
    shares.push(next.value.share);
  }
}

describe('experiment vision', () => {
  it('trains residual networks by SGD with a rate in proportion to the batch', () => {
    const build = { side: 8, classes: 10, width: 4, seed: 3 };
    const model = resnet({ type: 'group_norm', groups: 4 }, build);
    const { epochs } = fit(model, split.train, {
      loss: crossEntropy,
      optimizer: new SGD({ learningRate: cosineSchedule((0.1 * 20) / 64, 4), momentum: 0.9 }),
      epochs: 2,
      batchSize: 20,
      seed: 3,
      validation: split.test,
      metrics: { accuracy },
    });
    const run = runOf('resnet, group_norm, batch 20');
    expect(run).to.deep.include({ variant: 'resnet, group_norm, batch 20', seed: 3, diverged: undefined });
    expect(run.epochs).to.deep.equal(
      epochs.map(({ epoch, loss, validation }) => ({
        epoch,
        trainLoss: loss,
        loss: validation!.loss,
        accuracy: validation!.metrics.accuracy,
      })),
    );
    expect(run.diversity).to.deep.equal([]);
  });

  it('trains ConvNeXt V2 with Adam, and measures the diversity of its responses', () => {
    const model = new ConvNeXt(responsesOf(4)['convnext, none']!, {
      side: 8,
      classes: 10,
      width: 4,
      seed: 3,
    });
    fit(model, split.train, {
      loss: crossEntropy,
      optimizer: new Adam({ learningRate: cosineSchedule(0.01, 2) }),
      epochs: 2,
      batchSize: 64,
      seed: 3,
    });
    const { diversity, epochs } = runOf('convnext, none');
    expect(epochs).to.have.length(2);
    expect(diversity).to.have.length(2);
    model.responses(split.test.features).forEach((x, i) => {
      expect(diversity[i]).to.be.closeTo(channelDiversity(x), 1e-12);
    });
  });

  it('returns the input of the last layer of a block as its responses', () => {
    const model = new ConvNeXt('global_response_norm', { side: 8, classes: 10, width: 4, seed: 1 });
    const x = model.stem.forward(split.test.features);
    const [first] = model.responses(split.test.features);
    const [block] = model.blocks;
    const rest = block!.forward(x).value.data.map((y, i) => y - x.value.data[i]!);
    const made = block!.down.forward(first!).value.data;
    rest.forEach((y, i) => expect(y).to.be.closeTo(made[i]!, 1e-5));
  });

  it('measures diversity as the mean over pairs of channels', () => {
    const shape = fc.record({
      n: fc.integer({ min: 1, max: 3 }),
      c: fc.integer({ min: 2, max: 5 }),
      seed: fc.nat(),
    });
    fc.assert(
      fc.property(shape, ({ n, c, seed }) => {
        const x = randomNormal([n, 2, 3, c], { seed, dtype: 'float64' });
        const channel = (sample: number, k: number) =>
          Array.from({ length: 6 }, (_, i) => x.value.data[(sample * 6 + i) * c + k]!);
        const inner = (a: number[], b: number[]) => a.reduce((sum, y, i) => sum + y * b[i]!, 0);
        let [sum, pairs] = [0, 0];
        for (let sample = 0; sample < n; sample++) {
          for (let a = 0; a < c; a++) {
            for (let b = a + 1; b < c; b++, pairs++) {
              const [p, q] = [channel(sample, a), channel(sample, b)];
              sum += (1 - inner(p, q) / Math.sqrt(inner(p, p) * inner(q, q))) / 2;
            }
          }
        }
        expect(channelDiversity(x)).to.be.closeTo(sum / pairs, 1e-12);
      }),
    );
    const of = (...pixels: number[][]) => channelDiversity(tensor([[pixels]]));
    expect(of([1, 2], [3, 6])).to.be.closeTo(0, 1e-12);
    expect(of([1, -2], [3, -6])).to.be.closeTo(1, 1e-12);
    expect(of([1, 0], [0, 6])).to.equal(0.5);
    expect(of([0, 1], [0, 6])).to.equal(0.5);
  });

  it('shows small training losses with enough digits, and their intervals', () => {
    const run = (seed: number, trainLoss: number): Run => ({
      variant: 'resnet, none, batch 20',
      seed,
      learningRate: 0.1,
      epochs: [{ epoch: 1, trainLoss, loss: 0.25, accuracy: 0.9 }],
      diverged: undefined,
      diversity: [],
    });
    const { tables } = findingsOf(planOf(['none']), [run(1, 0.0012), run(2, 0.0014)]);
    expect(tables.map(({ rows }) => rows[0]!.cells.slice(1))).to.deep.equal([
      ['90.00 ± 0.00', 'baseline', '–'],
      ['0.250 ± 0.000', '0.0013 ± 0.0013'],
      ['–', '0.1'],
    ]);
  });

  it('compares networks of one kind and batch size seed by seed, and marks significant differences', () => {
    const run = (variant: string, seed: number, accuracy: number): Run => ({
      variant,
      seed,
      learningRate: 0.1,
      epochs: [{ epoch: 1, trainLoss: 1, loss: 1, accuracy }],
      diverged: undefined,
      diversity: [],
    });
    const runs = [0.5, 0.6, 0.7].flatMap((accuracy, i) => [
      run('resnet, none, batch 2', i, accuracy),
      run('resnet, rms_norm, batch 2', i, accuracy + 0.1 + i / 1000),
      run('resnet, layer_norm, batch 2', i, accuracy - 0.1 + i / 1000),
      run('resnet, none, batch 8', i, accuracy + i),
      run('resnet, rms_norm, batch 8', i, accuracy),
    ]);
    const plan = planOf(['none', 'rms_norm', 'layer_norm'], { batchSizes: [2, 8] });
    const [table] = findingsOf(plan, runs).tables;
    expect(table!.rows.map(({ cells, best, bad }) => [cells[0], cells[2], best, bad])).to.deep.equal([
      ['resnet, none, batch 2', 'baseline', [], []],
      ['resnet, none, batch 8', 'baseline', [], []],
      ['resnet, rms_norm, batch 2', '+10.10 ± 0.25', [2], []],
      ['resnet, rms_norm, batch 8', '−100 ± 248', [], []],
      ['resnet, layer_norm, batch 2', '−9.90 ± 0.25', [], [2]],
    ]);
  });

  it('chooses rates on a part of the training images, and starts responses as in the paper', () => {
    const plan = planOf(['none'], { learningRates: [1e30, 0.1], epochs: 1, convnextRates: [0.01] });
    for (const trial of tuningTrials(plan)) for (const { share } of trial.run()) expect(share).to.be.above(0);
    expect(plan.rates.tried.map(({ method, choice }) => [method, choice])).to.deep.equal([
      ['resnet, none, batch 20', 1e30],
      ['resnet, none, batch 20', 0.1],
    ]);
    expect(plan.rates.chosen('resnet, none, batch 20')).to.equal(0.1);
    const [, paper] = Object.values(responsesOf(8));
    const network = new ConvNeXt(paper!, { side: 8, classes: 10, width: 8, seed: 1 });
    network.forward(split.test.features);
    const { gamma, beta } = Object.fromEntries(network.blocks[0]!.responseNorm!.namedParameters());
    for (const weight of [gamma!, beta!]) expect([...weight.value.data]).to.deep.equal(Array(64).fill(0));
  });

  it('names every network, and rejects unknown norms', () => {
    const sized = { ...settings, batchSizes: [2, 8] };
    expect(variantsOf(['none', 'rms_norm'], sized).map(({ name }) => name)).to.deep.equal([
      'convnext, none',
      'convnext, global_response_norm',
      'resnet, none, batch 2',
      'resnet, none, batch 8',
      'resnet, rms_norm, batch 2',
      'resnet, rms_norm, batch 8',
    ]);
    expect(() => variantsOf(['rmsnorm'], sized)).to.throw('--norms: expected one of none, ');
    expect(() => variantsOf(undefined, { ...sized, batchSizes: [2, 2] })).to.throw(
      '--batch-sizes: expected each size once, received 2.',
    );
  });

  describe('the command', () => {
    const out = folder();
    const tiny = ['--out', out, '--samples', '30', '--epochs', '1', '--convnext-epochs', '1', '--width', '4'];
    const command = (...args: string[]) => say(['experiment', 'vision', ...tiny, ...args]);
    type Results = Record<string, unknown> & {
      ranking: { variant: string; runs: number; diverged: number; loss: { mean: number } | null }[];
      runs: Run[];
    };
    const results = async (...args: string[]) =>
      JSON.parse((await command('--json', ...args)).out) as Results;

    it('returns the same numbers for the same seeds, and means over them', async () => {
      const args = ['--seeds', '2', '--batch-sizes', '15,30', '--norms', 'batch_norm'];
      const [one, two] = [await results(...args), await results(...args)];
      const frame = [
        'experiment',
        'created',
        'versions',
        'interrupted',
        'seconds',
        'full',
        'settings',
        'failures',
      ];
      expect(one).to.have.all.keys([...frame, 'data', 'ranking', 'tuning', 'runs']);
      expect(one['data']).to.deep.include({ source: 'digits', trainSamples: 30, testSamples: 30 });
      expect({ ...two, created: 0, seconds: 0 }).to.deep.equal({ ...one, created: 0, seconds: 0 });
      expect(one.ranking.map(({ variant }) => variant)).to.deep.equal([
        'convnext, none',
        'convnext, global_response_norm',
        'resnet, batch_norm, batch 15',
        'resnet, batch_norm, batch 30',
      ]);
      for (const { variant, loss } of one.ranking) {
        const own = one.runs.filter((run) => run.variant === variant);
        expect(own.map(({ seed }) => seed)).to.deep.equal([1, 2]);
        expect(loss!.mean).to.equal((own[0]!.epochs[0]!.loss + own[1]!.epochs[0]!.loss) / 2);
      }
    });

    it('counts diverged trainings, and reports the number that was not finite', async () => {
      const args = ['--seeds', '1', '--batch-sizes', '10', '--learning-rates', '1e30'];
      const { code, out: said } = await command(...args);
      expect(code).to.equal(0);
      expect(said)
        .to.match(/batch_norm, batch 10[^\n]*1 of 1/)
        .and.to.match(/2 trainings diverged[^]*resnet/);
    });

    it('prints tables of at most 80 columns, whatever the names', async () => {
      const norms = 'zero_centered_rms_norm,adaptive_band_rms,dynamic_tanh';
      const { out: said } = await command('--seeds', '2', '--batch-sizes', '15', '--norms', norms);
      const lines = said.split('\n').filter((line) => /^[│┌├└]/.test(line));
      expect(lines.length).to.be.above(30);
      for (const line of lines) expect(line.length, line).to.be.at.most(80);
    });

    it('reports networks that cannot be built, and trains the others', async () => {
      const { code, err, out: said } = await command('--seeds', '1', '--batch-sizes', '15', '--width', '6');
      expect(code).to.equal(1);
      expect(err).to.equal(
        'resnet, group_norm, batch 15 failed in building: group_norm.groups: expected a divisor of 6 features, received 4.',
      );
      expect(said)
        .to.match(/│ convnext, none /)
        .and.not.to.match(/│ resnet, group_norm/);
    });

    it('rejects wrong data and settings before it trains', async () => {
      const refusals: readonly (readonly [string, string, string])[] = [
        ['--data', 'spirals', 'vision: expected images, received "samples of the shape [2]".'],
        ['--data', 'nowhere', '--data: expected digits, spirals, moons'],
        ['--epochs', '0', 'vision.epochs: expected'],
      ];
      for (const [flag, value, message] of refusals) {
        const { code, err, out: said } = await command(flag, value);
        expect({ code, said }).to.deep.equal({ code: 1, said: '' });
        expect(err).to.include(message);
      }
    });
  });
});
