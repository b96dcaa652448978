import { expect } from 'chai';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placements } from '../../../../src/models/placements.js';
import { folder, say } from '../../support.js';

const TINY = '--seeds 2 --layers 2 --hidden 8 --heads 2 --context 6 --batch-size 4 --steps 6'.split(' ');

interface Printed {
  readonly bitsPerCharacter: Readonly<Record<string, unknown>>;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly runs: readonly {
    readonly variant: string;
    readonly layers: number;
    readonly stopped: string | null;
    readonly learningRate: number;
  }[];
  readonly recipes: readonly { readonly learningRate: number }[];
  readonly tuning: readonly { readonly method: string; readonly choice: number }[];
  readonly ranking: readonly { readonly variant: string }[];
  readonly cells: readonly unknown[];
}

describe('normtape experiment language', function () {
  this.timeout(60_000);
  const out = folder();
  const text = join(out, 'text.txt');
  before(() => writeFileSync(text, 'the whale. '.repeat(40)));
  const language = (...flags: readonly string[]) =>
    say(['experiment', 'language', '--text', text, '--out', out, ...TINY, ...flags]);
  const json = async (...flags: readonly string[]) =>
    JSON.parse((await language('--json', ...flags)).out) as Printed;

  it('ranks the norms in the terminal and on the page', async () => {
    const {
      code,
      out: said,
      err,
    } = await language('--name', 'tiny', '--norms', 'none,rms_norm,layer_norm:post');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(said).to.include(
      '396 characters to train with, 44 held out, 8 different ones. 3 variants, 2 seeds',
    );
    expect(said).to.match(/│ (none|rms_norm|layer_norm:post) +│ +\d\.\d+ ± \d\.\d+ │/);
    expect(said).to.match(/│ none +│ +\d\.\d+ ± \d\.\d+ │ +baseline │ +2 │/);
    expect(said).to.match(/│ rms_norm +│ +\d\.\d+ ± \d\.\d+ │ +[+−]\d\.\d+ ± \d\.\d+ │/);
    const page = readFileSync(join(out, 'tiny', 'report.html'), 'utf8');
    for (const id of [
      'ranking',
      'recipes',
      'training',
      'loss',
      'gradients',
      'activations',
      'samples',
      'configuration',
    ]) {
      expect(page).to.include(`<section id="${id}">`);
    }
    expect(said).to.include('A model that knows only the character frequencies needs');
    expect(said).to.include('± is half the 95 % confidence interval of the mean over seeds');
    expect(said).to.include('2 seeds make wide intervals');
    expect(page).to.include('"title":"Block 2"').and.to.include('<h3>layer_norm:post</h3>');
  });

  it('prints JSON with bits per character for each norm, four norms by default', async () => {
    const { bitsPerCharacter, ranking, runs } = await json();
    expect(Object.keys(bitsPerCharacter).sort()).to.deep.equal([
      'band_rms',
      'layer_norm',
      'rms_norm',
      'zero_centered_rms_norm',
    ]);
    for (const bits of Object.values(bitsPerCharacter)) expect(bits).to.be.within(0, 4);
    expect(Object.keys(bitsPerCharacter)).to.deep.equal(ranking.map(({ variant }) => variant));
    expect(runs.length).to.equal(8);
  });

  it('gives null and the reason for a norm that diverged, and keeps the others', async () => {
    const flags = ['--norms', 'none', '--learning-rates', '1e30', '--clip', '0', '--warmup', '0'];
    const { bitsPerCharacter, runs } = await json(...flags);
    expect(bitsPerCharacter).to.deep.equal({ none: null });
    expect(runs.every(({ stopped }) => stopped?.startsWith('fit: epoch 1, step'))).to.equal(true);
    const { out: said } = await language(...flags);
    expect(said).to.match(/│ none +│ +– │ +baseline │ +0 of 2 │/);
    expect(said).to.match(/Diverged: none, 2 blocks, seed 1, step \d+: /);
  });

  it('chooses the learning rate of each norm on validation text, and reports it', async () => {
    const flags = ['--norms', 'rms_norm,dynamic_tanh', '--learning-rates', '1e-9,0.05,1e30', '--clip', '0'];
    const { recipes, tuning, runs } = await json(...flags);
    expect(tuning.map(({ method, choice }) => [method, choice])).to.deep.equal(
      ['rms_norm', 'dynamic_tanh'].flatMap((name) =>
        [1e-9, 0.05, 1e30].map((rate) => [`${name}, 2 blocks`, rate]),
      ),
    );
    expect(recipes.map(({ learningRate }) => learningRate)).to.deep.equal([0.05, 0.05]);
    expect(recipes[1]).to.deep.include({
      variant: 'dynamic_tanh',
      normalization: { type: 'dynamic_tanh', alphaInitValue: 1 },
      attentionNormalization: { type: 'dynamic_tanh', alphaInitValue: 1 },
      embeddingScale: 'learned',
      tieWeights: false,
    });
    for (const { learningRate } of runs) expect(learningRate).to.equal(0.05);
    const { out: said } = await language('--name', 'tuned', ...flags);
    expect(said).to.match(/│ dynamic_tanh +│ alphaInitValue 1 +│ learned +│ no +│ 0.05 │/);
    expect(said).to.match(/│ rms_norm +│ defaults +│ 1 +│ yes +│ 0.05 │/);
    expect(said).to.include('dynamic_tanh: Zhu et al. 2025: section 7.2');
    const page = readFileSync(join(out, 'tuned', 'report.html'), 'utf8');
    expect(page).to.include('<section id="tuning">').and.to.include('alphaInitValue 1');
  });

  it('trains final models that do not depend on the tuning runs', async () => {
    const flags = ['--norms', 'rms_norm', '--seeds', '1'];
    const bits = async (rates: string) => (await json(...flags, '--learning-rates', rates)).bitsPerCharacter;
    expect(await bits('1e-9,0.05')).to.deep.equal(await bits('0.05'));
  });

  it('prints tables of at most 80 columns, whatever the names', async () => {
    const norms = 'zero_centered_rms_norm:sandwich:scaled,dynamic_tanh:sandwich:plain:scaled,layer_norm';
    for (const more of [[], ['--depth-sweep', '--depths', '1,2']]) {
      const { out: said } = await language('--norms', norms, '--learning-rates', '0.1,1e30', ...more);
      const lines = said.split('\n').filter((line) => /^[│┌├└]/.test(line));
      expect(lines.length).to.be.above(10);
      for (const line of lines) expect(line.length, line).to.be.at.most(80);
    }
  });

  it('warns of norms that look ahead', async () => {
    expect((await language('--norms', 'batch_norm,rms_norm')).out).to.include(
      'The output of batch_norm for a character depends on later ones too',
    );
  });

  it('compares depths with --depth-sweep, with its own default settings', async () => {
    const flags = ['--depth-sweep', '--depths', '1,3,1', '--norms', 'none,layer_norm:post', '--seeds', '1'];
    const { bitsPerCharacter, runs, cells, settings } = await json(...flags);
    expect(runs.map(({ variant, layers }) => [variant, layers])).to.deep.equal([
      ['none', 1],
      ['layer_norm:post', 1],
      ['none', 3],
      ['layer_norm:post', 3],
    ]);
    expect(Object.keys(bitsPerCharacter['none'] as object)).to.deep.equal(['1', '3']);
    expect(cells.length).to.equal(4);
    expect(settings).to.deep.include({ warmup: 0, clip: 0, learningRates: [0.003], hidden: 8 });
    const { out: said } = await language(...flags);
    expect(said)
      .to.match(/│ 1 block +│ bits per character │/)
      .and.to.match(/│ 3 blocks +│ bits per character │/);
    expect(said).to.match(/│ layer_norm:post │ +\d\.\d\d/);
  });

  it('compares all placements of one norm with --depth-sweep by default, seed by seed', async () => {
    const { bitsPerCharacter, runs, settings } = await json(
      '--depth-sweep',
      '--depths',
      '1,2',
      '--steps',
      '2',
    );
    const names = Object.keys(placements).map((placement) =>
      placement === 'pre' ? 'layer_norm' : `layer_norm:${placement}`,
    );
    expect(Object.keys(bitsPerCharacter)).to.deep.equal(names);
    expect(runs.length).to.equal(names.length * 2 * 2);
    expect(settings).to.deep.include({ warmup: 0, clip: 0, learningRates: [0.003] });
  });

  it('rejects wrong input before any work', async () => {
    const short = join(out, 'short.txt');
    writeFileSync(short, 'too short');
    for (const [flags, message] of [
      [['--norms', 'rms'], '--norms: expected one of none, '],
      [
        ['--norms', 'rms_norm:pst'],
        `--norms: rms_norm:pst: expected one of ${Object.keys(placements).join(', ')} after the colon, and plain, scaled, untied after another, received "pst". Did you mean post?`,
      ],
      [['--norms', 'rms_norm,rms_norm:pre'], '--norms: expected each name once, received "rms_norm".'],
      [['--heads', '3'], 'TransformerBlock.heads: expected a divisor of hiddenSize, 8'],
      [
        ['--text', short],
        `${short}: expected a text of at least 70 characters, of which a tenth must hold a stretch of 6 and the next character, received 9.`,
      ],
      [['--text', join(out, 'none')], 'expected a file that can be read, received "no such file or folder".'],
      [['--context', '0'], 'language.context: expected a whole number from 1, received 0.'],
      [['--learning-rates', ''], '--learning-rates: expected one or more numbers, each once, received [].'],
      [['--depths', '2,0'], 'language.depths: expected a list of whole numbers from 1, received [2,0].'],
    ] as const) {
      const { code, out: said, err } = await language(...flags, '--name', 'never');
      expect({ code, said }).to.deep.equal({ code: 1, said: '' });
      expect(err).to.include(message);
      expect(existsSync(join(out, 'never'))).to.equal(false);
    }
  });
});
