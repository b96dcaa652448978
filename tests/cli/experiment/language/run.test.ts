import { expect } from 'chai';
import { corpusOf, drawn } from '../../../../src/cli/experiment/language/corpus.js';
import { depthTable, verdictOf } from '../../../../src/cli/experiment/language/depth.js';
import { type Point, type Run, modelOf, train } from '../../../../src/cli/experiment/language/run.js';
import { probe } from '../../../../src/cli/experiment/language/probe.js';
import type { Settings } from '../../../../src/cli/experiment/language/settings.js';
import { looksAhead, variantsOf } from '../../../../src/cli/experiment/language/variants.js';
import { crossEntropy } from '../../../../src/index.js';

const settings: Settings = {
  seeds: 1,
  seed: 1,
  layers: 2,
  depths: [1],
  hidden: 8,
  heads: 2,
  context: 6,
  batchSize: 4,
  steps: 30,
  learningRate: 0.02,
  warmup: 0.1,
  clip: 1,
};
const corpus = corpusOf('text', 'the whale. '.repeat(40), settings.context);
const variant = (name: string) => variantsOf([name])[0]!;

function ended(name: string, given: Partial<Settings> = {}, seed = 1): Run {
  const steps = train(corpus, { ...settings, ...given }, { variant: variant(name), seed, layers: 2 });
  let next = steps.next();
  while (!next.done) next = steps.next();
  return next.value;
}

const timeless = (run: Run) => ({ ...run, stepMilliseconds: 0 });

describe('a corpus', () => {
  it('keeps the last tenth, in stretches side by side', () => {
    expect(corpus.size).to.deep.equal({ train: 396, test: 44 });
    expect(corpus.testStarts).to.deep.equal([0, 6, 12, 18, 24, 30, 36]);
    expect(corpus.prompt).to.equal('the wh');
    expect(corpus.test.count).to.equal(38);
  });

  it('knows what guessing takes, and what frequencies do', () => {
    expect(corpus.uniformBits).to.equal(Math.log2(8));
    // Of 404 counts: 73 for e and h, with two in eleven characters each; 37 for the others.
    const bits = -[2 * 3 * Math.log2(73 / 404), 5 * Math.log2(37 / 404)].reduce((a, b) => a + b) / 11;
    expect(corpus.frequencyBits).to.be.closeTo(bits, 0.02);
  });

  it('is drawn from by its seed', () => {
    const rows = Int32Array.of(0, 1, 2, 3);
    const labels = (seed: number) => [...drawn(corpus, 4, seed).pick(rows).labels];
    expect(labels(1)).to.deep.equal(labels(1));
    expect(labels(1)).not.to.deep.equal(labels(2));
  });

  it('must have room in both parts', () => {
    expect(() => corpusOf('short.txt', 'x'.repeat(69), 6)).to.throw(
      'short.txt: expected a text of at least 70 characters, of which a tenth holds a stretch of 6 and what follows it, received 69.',
    );
    expect(corpusOf('short.txt', 'xy'.repeat(35), 6).testStarts).to.deep.equal([0]);
  });
});

describe('the training of a language model', () => {
  it('learns, and depends on nothing but its seeds', () => {
    const run = ended('rms_norm');
    expect(timeless(ended('rms_norm'))).to.deep.equal(timeless(run));
    expect(timeless(ended('rms_norm', {}, 2)).points).not.to.deep.equal(run.points);
    expect(run).to.deep.include({ variant: 'rms_norm', seed: 1, layers: 2, steps: 30, stopped: undefined });
    expect(run.points.at(-1)!.loss).to.be.below(run.points[0]!.loss - 0.3);
    expect([...run.sample!].length).to.equal(200);
  });

  it('tells of every part over training', () => {
    const { points } = ended('layer_norm', { steps: 10 });
    expect(points.map(({ step }) => step)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const [first, ...rest] = points;
    expect(first).to.deep.include({ trainLoss: undefined, gradients: undefined, blockGradients: undefined });
    for (const { gradients, blockGradients, activations, trainLoss } of rest) {
      expect(activations.length).to.equal(2);
      expect(trainLoss).to.be.above(0);
      // The blocks are a part of the whole, of which the embeddings are the rest.
      expect(Math.hypot(...blockGradients!)).to.be.within(1e-6, gradients!);
    }
  });

  it('looks at models as one would by hand', () => {
    const model = modelOf(corpus, settings, { variant: variant('layer_norm'), seed: 3, layers: 2 });
    const { features, labels } = corpus.test.pick(corpus.testStarts);
    const seen = probe(model, corpus, corpus.testStarts);
    expect(seen.loss).to.be.closeTo(crossEntropy(model.forward(features), labels).item(), 1e-5);
    const [, second] = model.layers(features);
    const numbers = (second!.toArray() as number[][][]).flat(2);
    const rms = Math.sqrt(numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length);
    expect(seen.activations[1]).to.be.closeTo(rms, 1e-5);
    expect(model.training).to.equal(true);
  });

  it('counts a training that is given up, and keeps what was seen of it', () => {
    const run = ended('none', { learningRate: 1e30, clip: 0, warmup: 0 });
    expect(run.loss).to.equal(undefined);
    expect(run.sample).to.equal(undefined);
    expect(run.stopped).to.match(/^fit: epoch 1, step \d+: .*expected finite|expected a finite/);
    expect(run.steps).to.be.below(30);
    expect(run.points[0]!.step).to.equal(0);
    expect(verdictOf(run, corpus)).to.equal('not finite');
  });
});

it('a verdict compares with guessing and with frequencies, at the end and at the worst', () => {
  const verdict = (end: number, worst = end) => {
    const points = [worst, end].map((bits) => ({ step: 0, loss: bits * Math.LN2 }) as Point);
    return verdictOf({ loss: end * Math.LN2, points }, { uniformBits: 6, frequencyBits: 4 });
  };
  expect([6.01, 5.99, 3.96, 3.94].map((end) => verdict(end))).to.deep.equal([
    'worse than guessing',
    'frequencies',
    'frequencies',
    'learned',
  ]);
  expect(verdict(3, 12.01)).to.equal('blew up');
  expect(verdict(3, 11.99)).to.equal('learned');
});

it('a table of depths counts the verdicts that not all seeds share', () => {
  const run = (layers: number, bits: number | undefined): Run => {
    const loss = bits === undefined ? undefined : bits * Math.LN2;
    const points = [{ step: 0, loss: loss ?? 1, activations: [] }] as unknown as Run['points'];
    const [variant, seed, weights, steps] = ['a', 1, 1, 4];
    return {
      variant,
      seed,
      layers,
      weights,
      points,
      loss,
      stopped: bits === undefined ? 'why' : undefined,
      steps,
      sample: undefined,
      stepMilliseconds: 1,
    };
  };
  const runs = [run(1, 3), run(1, 4), run(2, 4), run(2, 4), run(3, 20), run(3, undefined)];
  const { columns, rows } = depthTable(['a'], [1, 2, 3], runs, {
    ...corpus,
    uniformBits: 6,
    frequencyBits: 4,
  });
  expect(columns.map(({ title }) => title)).to.deep.equal([
    'normalization',
    '1 block',
    '2 blocks',
    '3 blocks',
  ]);
  expect(rows).to.deep.equal([
    {
      name: 'a',
      cells: [
        'a',
        '3.50 ± 0.71, frequencies (1 of 2)',
        '4.00 ± 0.00, frequencies',
        '20.00, not finite at step 5, up to 20 (1 of 2)',
      ],
      bad: [3],
    },
  ]);
});

describe('variants', () => {
  it('say what stands where', () => {
    expect(variantsOf(['none', 'rms_norm', 'layer_norm:post', 'rms_norm:pre'].slice(0, 3))).to.deep.equal([
      { name: 'none', type: 'none', placement: 'pre' },
      { name: 'rms_norm', type: 'rms_norm', placement: 'pre' },
      { name: 'layer_norm:post', type: 'layer_norm', placement: 'post' },
    ]);
  });

  it('are known to look ahead, where their norms couple places', () => {
    const seen = variantsOf(['none', 'layer_norm', 'band_rms', 'batch_norm', 'global_response_norm']);
    expect(seen.filter(looksAhead).map(({ name }) => name)).to.deep.equal([
      'batch_norm',
      'global_response_norm',
    ]);
  });
});
