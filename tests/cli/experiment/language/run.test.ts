import { expect } from 'chai';
import { corpusOf, drawn, validationOf } from '../../../../src/cli/experiment/language/corpus.js';
import { depthTable, verdictOf } from '../../../../src/cli/experiment/language/depth.js';
import { type Point, type Run, modelOf, train } from '../../../../src/cli/experiment/language/run.js';
import { probe } from '../../../../src/cli/experiment/language/probe.js';
import type { Settings } from '../../../../src/cli/experiment/language/settings.js';
import { recipeTable, usedBy } from '../../../../src/cli/experiment/language/recipes.js';
import { bitsTable, rankingOf } from '../../../../src/cli/experiment/language/table.js';
import { ratesOf } from '../../../../src/cli/experiment/language/tuning.js';
import { looksAhead, variantsOf } from '../../../../src/cli/experiment/language/variants.js';
import { placements } from '../../../../src/models/placements.js';
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
  learningRates: [0.02],
  warmup: 0.1,
  clip: 1,
};
const corpus = corpusOf('text', 'the whale. '.repeat(40), settings.context);
const variant = (name: string) => variantsOf([name])[0]!;

function ended(name: string, given: Partial<Settings> = {}, seed = 1, learningRate = 0.02): Run {
  const training = { variant: variant(name), seed, layers: 2, learningRate };
  const steps = train(corpus, { ...settings, ...given }, training);
  let next = steps.next();
  while (!next.done) next = steps.next();
  return next.value;
}

const timeless = (run: Run) => ({ ...run, stepMilliseconds: 0 });

describe('a corpus', () => {
  it('holds out the last tenth, in adjacent stretches', () => {
    expect(corpus.size).to.deep.equal({ train: 396, test: 44 });
    expect(corpus.testStarts).to.deep.equal([0, 6, 12, 18, 24, 30, 36]);
    expect(corpus.prompt).to.equal('the wh');
    expect(corpus.test.count).to.equal(38);
  });

  it('computes the bits of guessing and of character frequencies', () => {
    expect(corpus.uniformBits).to.equal(Math.log2(8));
    // 404 counts: 73 for e and h, with two in eleven characters each; 37 for the others.
    const bits = -[2 * 3 * Math.log2(73 / 404), 5 * Math.log2(37 / 404)].reduce((a, b) => a + b) / 11;
    expect(corpus.frequencyBits).to.be.closeTo(bits, 0.02);
  });

  it('has a validation part without any test text', () => {
    const inner = validationOf(corpus);
    expect(inner.size).to.deep.equal({ train: 356, test: 40 });
    expect([...inner.tokens.train, ...inner.tokens.test]).to.deep.equal([...corpus.tokens.train]);
    expect(inner.characters).to.equal(corpus.characters);
    expect(validationOf(corpusOf('short', 'xy'.repeat(35), 6)).testStarts).to.deep.equal([0]);
  });

  it('draws stretches by the seed', () => {
    const rows = Int32Array.of(0, 1, 2, 3);
    const labels = (seed: number) => [...drawn(corpus, 4, seed).pick(rows).labels];
    expect(labels(1)).to.deep.equal(labels(1));
    expect(labels(1)).not.to.deep.equal(labels(2));
  });

  it('rejects a text that is too short for both parts', () => {
    expect(() => corpusOf('short.txt', 'x'.repeat(69), 6)).to.throw(
      'short.txt: expected a text of at least 70 characters, of which a tenth must hold a stretch of 6 and the next character, received 69.',
    );
    expect(corpusOf('short.txt', 'xy'.repeat(35), 6).testStarts).to.deep.equal([0]);
  });
});

describe('the training of a language model', () => {
  it('learns, and depends only on its seeds', () => {
    const run = ended('rms_norm');
    expect(timeless(ended('rms_norm'))).to.deep.equal(timeless(run));
    expect(timeless(ended('rms_norm', {}, 2)).points).not.to.deep.equal(run.points);
    expect(run).to.deep.include({ variant: 'rms_norm', seed: 1, layers: 2, steps: 30, stopped: undefined });
    expect(run.points.at(-1)!.loss).to.be.below(run.points[0]!.loss - 0.3);
    expect([...run.sample!].length).to.equal(200);
  });

  it('records loss, gradients and activations over the steps', () => {
    const { points } = ended('layer_norm', { steps: 10 });
    expect(points.map(({ step }) => step)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    const [first, ...rest] = points;
    expect(first).to.deep.include({ trainLoss: undefined, gradients: undefined, blockGradients: undefined });
    for (const { gradients, blockGradients, activations, trainLoss } of rest) {
      expect(activations.length).to.equal(2);
      expect(trainLoss).to.be.above(0);
      // The gradients of the blocks are a part of all gradients, which include the embeddings.
      expect(Math.hypot(...blockGradients!)).to.be.within(1e-6, gradients!);
    }
  });

  it('measures a model as a direct computation does', () => {
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

  it('counts a diverged training, and keeps its points until then', () => {
    const run = ended('none', { clip: 0, warmup: 0 }, 1, 1e30);
    expect(run.loss).to.equal(undefined);
    expect(run.sample).to.equal(undefined);
    expect(run.stopped).to.match(
      /^fit: epoch 1, step \d+: .*expected (?:finite|a finite|a value without NaN)/,
    );
    expect(run.steps).to.be.below(30);
    expect(run.points[0]!.step).to.equal(0);
    expect(verdictOf(run, corpus)).to.equal('not finite');
  });
});

it('gives verdicts relative to guessing and to frequencies, at the end and at the worst point', () => {
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

const run = (name: string, seed: number, layers: number, bits: number | undefined): Run => {
  const loss = bits === undefined ? undefined : bits * Math.LN2;
  const points = [{ step: 0, loss: loss ?? 1, gradients: 1, activations: [1] }] as unknown as Run['points'];
  const stopped = bits === undefined ? 'why' : undefined;
  const whole = { variant: name, seed, layers, points, loss, stopped };
  return { ...whole, learningRate: 0.1, weights: 1, steps: 4, sample: undefined, stepMilliseconds: 1 };
};

it('counts differing verdicts in the table of a depth, and compares seed by seed', () => {
  const bits = {
    a: [
      [3, 4],
      [4, 4],
      [20, undefined],
    ],
    b: [
      [2.5, 3.5],
      [4.5, 4.5],
      [1, 1],
    ],
  } as const;
  const runs = Object.entries(bits).flatMap(([name, depths]) =>
    depths.flatMap((own, i) => own.map((one, j) => run(name, j + 1, i + 1, one))),
  );
  const tables = [1, 2, 3].map((layers) =>
    depthTable(['a', 'b'], layers, 'a', runs, { uniformBits: 6, frequencyBits: 4 }),
  );
  expect(tables.map(({ columns }) => columns.map(({ title }) => title))).to.deep.equal(
    ['1 block', '2 blocks', '3 blocks'].map((title) => [title, 'bits per character', 'to a', 'outcome']),
  );
  expect(tables.map(({ rows }) => rows)).to.deep.equal([
    [
      {
        name: 'a',
        cells: ['a', '3.5 ± 6.4', 'baseline', 'frequencies (1 of 2), learned (1 of 2)'],
        best: [],
        bad: [],
      },
      { name: 'b', cells: ['b', '3.0 ± 6.4', '−0.50 ± 0.00', 'learned'], best: [2], bad: [] },
    ],
    [
      { name: 'a', cells: ['a', '4.00 ± 0.00', 'baseline', 'frequencies'], best: [], bad: [] },
      { name: 'b', cells: ['b', '4.50 ± 0.00', '+0.50 ± 0.00', 'frequencies'], best: [], bad: [2] },
    ],
    [
      {
        name: 'a',
        cells: ['a', '20.00', 'baseline', 'not finite at step 5 (1 of 2), up to 20 bits (1 of 2)'],
        best: [],
        bad: [3],
      },
      { name: 'b', cells: ['b', '1.00 ± 0.00', '−19.00', 'learned'], best: [], bad: [] },
    ],
  ]);
});

it('marks only significant differences from the baseline in a ranking', () => {
  const bits = { base: [3, 3.2, 3.1], less: [2.5, 2.71, 2.6], more: [3.5, 3.71, 3.6], like: [2, 3.3, 3.6] };
  const runs = Object.entries(bits).flatMap(([name, own]) => own.map((one, i) => run(name, i + 1, 1, one)));
  const ranking = rankingOf(Object.keys(bits), 'base', [...runs, run('more', 4, 1, undefined)]);
  const { rows } = bitsTable(ranking, 'base');
  expect(rows.map(({ cells, best, bad }) => ({ cells, best, bad }))).to.deep.equal([
    { cells: ['less', '2.60 ± 0.26', '−0.497 ± 0.014', '3'], best: [2], bad: [] },
    { cells: ['like', '3.0 ± 2.1', '−0.1 ± 1.9', '3'], best: [], bad: [] },
    { cells: ['base', '3.10 ± 0.25', 'baseline', '3'], best: [], bad: [] },
    { cells: ['more', '3.60 ± 0.26', '+0.503 ± 0.014', '3 of 4'], best: [], bad: [2, 3] },
  ]);
  const alone = rankingOf(
    Object.keys(bits),
    'base',
    runs.filter(({ seed }) => seed === 1),
  );
  for (const { best } of bitsTable(alone, 'base').rows) expect(best).to.deep.equal([]);
});

it('builds a model by the recipe of its norm, unless it is plain', () => {
  const used = (name: string, hidden: number) => {
    const wide = { ...settings, hidden };
    const [recipe] = usedBy([variant(name)], [1], ratesOf([variant(name)], [1], wide), wide);
    const model = modelOf(corpus, wide, { variant: variant(name), layers: 1, seed: 1 });
    model.forward([[0, 1]]);
    const [block] = model.blocks;
    const alphas = [block!.attentionNorm, block!.mlpNorm, model.norm].map((norm) =>
      norm!.parameters()[0]!.size === 1 ? norm!.parameters()[0]!.item() : undefined,
    );
    return { recipe, alphas, scale: model.embeddingScale?.item(), tied: model.output === undefined };
  };
  const { recipe, alphas, scale, tied } = used('dynamic_tanh', 16);
  expect(recipe).to.deep.include({ variant: 'dynamic_tanh', embeddingScale: 'learned', learningRate: 0.02 });
  expect(recipe!.source).to.match(/^Zhu et al\. 2025/);
  expect({ alphas, scale, tied }).to.deep.equal({ alphas: [1, 1, 1], scale: 4, tied: false });
  const plain = used('dynamic_tanh:plain', 16);
  expect(plain.recipe).to.deep.include({ embeddingScale: 1, source: undefined });
  expect(plain).to.deep.include({ alphas: [0.5, 0.5, 0.5], scale: undefined, tied: true });
  expect(used('rms_norm:scaled', 16)).to.deep.include({ scale: 4, tied: true });
  expect(used('rms_norm:untied', 16)).to.deep.include({ scale: undefined, tied: false });
  // At the width of the largest models of the paper, attention and the other layers differ.
  const wide = { ...settings, hidden: 8192 };
  const [far] = usedBy([variant('dynamic_tanh')], [1], ratesOf([variant('dynamic_tanh')], [1], wide), wide);
  expect(recipeTable([far!]).rows[0]!.cells).to.deep.equal([
    'dynamic_tanh',
    'alphaInitValue 0.2 for attention, alphaInitValue 0.05 elsewhere',
    'learned',
    'no',
    '0.02',
  ]);
});

describe('variants', () => {
  it('are parsed from a type, a placement and recipe words', () => {
    expect(variantsOf(['none', 'rms_norm', 'layer_norm:post', 'rms_norm:pre'].slice(0, 3))).to.deep.equal([
      { name: 'none', type: 'none', placement: 'pre', plain: false, scaled: false, untied: false },
      { name: 'rms_norm', type: 'rms_norm', placement: 'pre', plain: false, scaled: false, untied: false },
      {
        name: 'layer_norm:post',
        type: 'layer_norm',
        placement: 'post',
        plain: false,
        scaled: false,
        untied: false,
      },
    ]);
    expect(variantsOf(['dynamic_tanh:scaled:post:plain'])).to.deep.equal([
      {
        name: 'dynamic_tanh:post:plain:scaled',
        type: 'dynamic_tanh',
        placement: 'post',
        plain: true,
        scaled: true,
        untied: false,
      },
    ]);
    for (const placement of Object.keys(placements).slice(1))
      expect(variantsOf([`rms_norm:${placement}`])[0]).to.deep.include({
        name: `rms_norm:${placement}`,
        placement,
      });
    expect(variantsOf(['rms_norm:untied:scaled'])[0]).to.deep.include({
      name: 'rms_norm:scaled:untied',
      scaled: true,
      untied: true,
    });
    for (const name of ['rms_norm:post:pre', 'rms_norm:plain:plain', 'rms_norm:']) {
      expect(() => variantsOf([name]), name).to.throw(
        `one of ${Object.keys(placements).join(', ')} after the colon, and plain, scaled, untied after another`,
      );
    }
  });

  it('look ahead if their norms couple positions', () => {
    const seen = variantsOf(['none', 'layer_norm', 'band_rms', 'batch_norm', 'global_response_norm']);
    expect(seen.filter(looksAhead).map(({ name }) => name)).to.deep.equal([
      'batch_norm',
      'global_response_norm',
    ]);
  });
});
