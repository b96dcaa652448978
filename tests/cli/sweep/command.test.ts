import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../../src/cli/sweep/results.js';
import { folder, say } from '../support.js';

const TINY = ['--data', 'moons', '--hidden', '4', '--epochs', '2', '--seeds', '2'];

describe('normtape sweep', () => {
  const out = folder();
  const sweep = (...flags: readonly string[]) => say(['sweep', ...TINY, '--out', out, ...flags]);
  const read = (...path: readonly string[]): string => readFileSync(join(out, ...path), 'utf8');

  it('prints the ranking and writes a report and the results', async () => {
    const { code, out: said, err } = await sweep('--name', 'tiny', '--norms', 'none,rms_norm');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(said).to.include(
      'moons: 480 samples to train with, 120 to test, 2 features, 2 classes. 2 normalizations, 2 seeds, 2 epochs.',
    );
    expect(said).to.match(/│ 1 │ (none|rms_norm) +│ +\d+\.\d\d ± \d+\.\d\d % │/);
    expect(said).to.match(/Report: file:.*\/tiny\/report\.html$/);
    expect(readdirSync(join(out, 'tiny')).sort()).to.deep.equal(['report.html', 'results.json']);

    const results = JSON.parse(read('tiny', 'results.json')) as Results;
    expect(results.name).to.equal('tiny');
    expect(results.interrupted).to.equal(false);
    expect(results.settings).to.deep.include({ hidden: [4], epochs: 2, seeds: 2, learningRate: 0.003 });
    expect(results.runs.length).to.equal(4);
    expect(results.runs[0]!.divergedIn).to.equal(null);
    expect(Object.keys(results.versions)).to.deep.equal(['normtape', 'node', 'platform']);
  });

  it('writes a report that needs nothing else and holds all the results', async () => {
    await sweep('--name', '<b>&"', '--norms', 'none');
    const page = read('<b>&"', 'report.html');
    expect(page).not.to.match(/https?:|\/\/[a-z]|@import|src=/i);
    expect(page.match(/href="[^"]*"/g)).to.deep.equal(['href="data:,"']);
    expect(page).not.to.include('<b>');
    const [, embedded] = /<script type="application\/json" id="results">(.*?)<\/script>/s.exec(page)!;
    const results = JSON.parse(read('<b>&"', 'results.json')) as Results;
    expect(JSON.parse(embedded!)).to.deep.include({ name: '<b>&"', ranking: results.ranking });
    expect(page).to.include('u-wrap');
  });

  it('prints JSON and nothing else when asked to, the same numbers for the same seed', async () => {
    const numbers = async (seed: string): Promise<unknown> => {
      const { out: said, err } = await sweep(
        '--name',
        'json',
        '--norms',
        'none,band_rms',
        '--json',
        '--seed',
        seed,
      );
      expect(err).to.equal('');
      expect(said).to.equal(read('json', 'results.json').trimEnd());
      return (JSON.parse(said) as Results).runs.map((run) => ({ ...run, seed: 0, stepMilliseconds: 0 }));
    };
    expect(await numbers('1')).to.deep.equal(await numbers('1'));
    expect(await numbers('1')).not.to.deep.equal(await numbers('2'));
  });

  it('trains the configurations of a file, beside none', async () => {
    const file = join(out, 'sweep.json');
    writeFileSync(file, JSON.stringify({ plain: { type: 'rms_norm', use_scale: false } }));
    const { out: said } = await sweep('--config', file, '--json', '--name', 'configured');
    const { variants, runs } = JSON.parse(said) as Results;
    expect(variants).to.deep.equal([
      { name: 'none', config: { type: 'none' } },
      { name: 'plain', config: { type: 'rms_norm', use_scale: false } },
    ]);
    expect(runs.map(({ variant }) => variant)).to.deep.equal(['none', 'plain', 'none', 'plain']);
    expect(read('configured', 'report.html')).to.include('useScale');
  });

  it('reports runs that diverge', async () => {
    const { code, out: said } = await sweep('--name', 'wild', '--norms', 'none', '--learning-rate', '1e30');
    expect(code).to.equal(0);
    expect(said).to.match(/│ +– │ +– │ +1\.00 × │ +2 of 2 │/);
    expect(said).to.include('Accuracy and loss are those of the runs that did not diverge.');
    expect(read('wild', 'report.html')).to.include('Some runs diverged');
  });

  it('finds out before the work that it cannot write', async () => {
    const file = join(out, 'file');
    writeFileSync(file, 'in the way');
    const { code, out: said, err } = await say(['sweep', ...TINY, '--out', file, '--name', 'x']);
    expect({ code, said }).to.deep.equal({ code: 1, said: '' });
    expect(err).to.equal(
      `${join(file, 'x')}: expected a folder that can be written to, received "a path through something that is no folder".`,
    );
    expect(readFileSync(file, 'utf8')).to.equal('in the way');
  });

  it('refuses settings with the words of every option', async () => {
    for (const [flags, message] of [
      [['--epochs', '0'], 'sweep.epochs: expected a whole number from 1, received 0.'],
      [['--hidden', '4,0'], 'sweep.hidden: expected a list of whole numbers from 1, received [4,0].'],
      [['--activation', 'rellu'], 'sweep.activation: expected one of linear, relu, '],
      [['--norms', 'layernorm'], 'Did you mean layer_norm?'],
    ] as const) {
      const { code, out: said, err } = await sweep(...flags, '--name', 'never');
      expect({ code, said }).to.deep.equal({ code: 1, said: '' });
      expect(err).to.include(message);
      expect(existsSync(join(out, 'never'))).to.equal(false);
    }
  });

  it('keeps nothing when nothing was finished', async () => {
    const { code, out: said } = await say(
      ['sweep', ...TINY, '--out', out, '--name', 'early'],
      AbortSignal.abort(),
    );
    expect(code).to.equal(130);
    expect(said).to.include('Interrupted after 0 finished runs.');
    expect(readdirSync(join(out, 'early'))).to.deep.equal([]);
  });

  it('in a process of its own, keeps what is finished when it is interrupted', async function () {
    this.timeout(60_000);
    const args = [
      '--import',
      'tsx',
      'src/cli/main.ts',
      'sweep',
      ...TINY,
      '--seeds',
      '100000',
      '--norms',
      'none',
      '--out',
      out,
      '--name',
      'stopped',
    ];
    // Coverage of another process would be mixed up with that of this one.
    const env = { ...process.env, NODE_V8_COVERAGE: '' };
    const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { out: '', err: '' };
    child.stderr.on('data', (chunk) => (said.err += String(chunk)));
    child.stdout.on('data', (chunk) => {
      // The first line comes just before the first step; by a second later many of these short runs have
      // ended.
      if (said.out === '') setTimeout(() => child.kill('SIGINT'), 1000);
      said.out += String(chunk);
    });
    const code = await new Promise((done) => child.on('close', done));
    expect({ code, err: said.err }).to.deep.equal({ code: 130, err: '' });
    const { interrupted, runs, ranking } = JSON.parse(read('stopped', 'results.json')) as Results;
    expect(interrupted).to.equal(true);
    expect(runs.length).to.be.within(1, 99_999);
    expect(runs.every(({ epochs }) => epochs.length === 3)).to.equal(true);
    expect(ranking[0]!.runs).to.equal(runs.length);
    expect(said.out).to.include(`Interrupted after ${runs.length} finished run`).and.to.include('│ none');
    expect(read('stopped', 'report.html')).to.include('Interrupted: only the runs');
  });
});
