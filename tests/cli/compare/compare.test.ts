import { expect } from 'chai';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { comparisonOf } from '../../../src/cli/compare/comparison.js';
import { resultsOf } from '../../../src/cli/sweep/results.js';
import type { Run } from '../../../src/cli/sweep/training.js';
import { folder, say } from '../support.js';
import { planOf, runOf } from '../sweep/support.js';

const plan = planOf('none,rms_norm,layer_norm', { seeds: 6 });
const around = { created: '', versions: {}, interrupted: false };

/** Results whose runs have these accuracies. */
const found = (runs: readonly Run[]) =>
  resultsOf(
    plan,
    {
      runs,
      same: [],
      times: [],
      failures: [],
      tunings: plan.variants.map(({ name }) => ({
        variant: name,
        trials: [],
        learningRate: 0.003,
        atTheEnd: false,
      })),
    },
    around,
  );
const runs = (effects: Readonly<Record<string, number>>, wave = 0): Run[] =>
  [1, 2, 3, 4, 5, 6].flatMap((seed) =>
    Object.entries(effects).map(([variant, effect]) =>
      runOf(variant, seed, 0.5 + 0.05 * seed + effect + wave * (seed % 2 ? 1 : -1)),
    ),
  );

describe('normtape compare', () => {
  const out = folder();
  const sweep = (name: string, ...flags: readonly string[]) =>
    say([
      ...['sweep', '--out', out, '--name', name, '--data', 'moons', '--norms', 'none,rms_norm'],
      ...['--hidden', '4', '--seeds', '3', '--learning-rate', '0.01', '--epochs', '2', ...flags],
    ]);

  before(async () => {
    await sweep('a');
    await sweep('b', '--epochs', '8');
    await sweep('other', '--seed', '2');
  });

  it('prints paired differences, and the settings in which the runs differ', async () => {
    const { code, out: said, err } = await say(['compare', join(out, 'a'), join(out, 'b')]);
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(said).to.match(/^epochs: A 2, B 8\n┌/);
    expect(said).to.match(
      /│ rms_norm +│ +[\d.]+ ± [\d.]+ │ +[\d.]+ ± [\d.]+ │ +[+−]?[\d.]+ ± [\d.]+ │ \w+ +│/,
    );
    expect(Math.max(...said.split('\n').map((line) => (/^[│┌]/.test(line) ? line.length : 0)))).to.be.at.most(
      80,
    );
  });

  it('finds no difference between a run and itself, by name and as JSON', async () => {
    const { out: said } = await say(['compare', 'a', 'a', '--out', out, '--json']);
    const { settings, sameData, normalizations } = JSON.parse(said) as ReturnType<typeof comparisonOf>;
    expect({ settings, sameData }).to.deep.equal({ settings: {}, sameData: true });
    expect(normalizations.map(({ difference }) => [difference.mean, difference.verdict])).to.deep.equal([
      [0, 'tied'],
      [0, 'tied'],
    ]);
  });

  it('warns if the runs used different data', async () => {
    const { out: said } = await say(['compare', 'a', 'other', '--out', out]);
    expect(said).to.include('seed: A 1, B 2').and.to.include('The runs used different data');
  });

  it('rejects files that are not from a sweep, and runs without a common norm', async () => {
    mkdirSync(join(out, 'strange'));
    writeFileSync(join(out, 'strange', 'results.json'), '{"experiment":"ood"}');
    expect((await say(['compare', 'a', 'strange', '--out', out])).err).to.include(
      'expected the results of a sweep, received ["experiment"]',
    );
    expect((await say(['compare', 'a', 'nowhere', '--out', out])).err).to.include('no such file or folder');
    await sweep('apart', '--norms', 'layer_norm');
    expect((await say(['compare', 'a', 'apart', '--out', out])).err).to.equal(
      'compare: expected two runs with a normalization and a seed in common, received [["none","rms_norm"],["layer_norm"]].',
    );
    expect(readFileSync(join(out, 'a', 'results.json'), 'utf8')).to.include('"name": "a"');
  });
});

describe('a comparison of two runs', () => {
  it('proves a planted difference although seeds differ far more, and calls noise tied', () => {
    const a = found(runs({ none: 0, rms_norm: 0 }));
    const b = found(runs({ none: 0.001, rms_norm: 0.1 }, 0.004));
    const verdicts = comparisonOf(['a', 'b'], [a, b]).normalizations.map(({ variant, difference }) => [
      variant,
      difference.verdict,
    ]);
    expect(verdicts).to.deep.equal([
      ['none', 'tied'],
      ['rms_norm', 'better'],
    ]);
    const back = comparisonOf(['b', 'a'], [b, a]).normalizations;
    expect(back.map(({ difference }) => difference.verdict)).to.deep.equal(['tied', 'worse']);
  });

  it('reads results from JSON, and counts a diverged run as a guess', () => {
    const [first] = found([runOf('none', 1, 0.9), runOf('none', 2, 0.9, { divergedIn: 1 })]).runs;
    expect(first!.seed).to.equal(1);
    const json = JSON.parse(
      JSON.stringify(
        found([runOf('none', 1, 0.9), runOf('none', 2, 0.9, { divergedIn: 1 })]),
        (_, item: unknown) => item ?? null,
      ),
    ) as ReturnType<typeof found>;
    const { a } = comparisonOf(['a', 'b'], [json, json]).normalizations[0]!;
    expect(a.mean).to.be.closeTo((0.9 + json.data.chance) / 2, 1e-12);
  });
});
