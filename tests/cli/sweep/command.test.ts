import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Results } from '../../../src/cli/sweep/results.js';
import { folder, say } from '../support.js';

const TINY = ['--data', 'moons', '--hidden', '4', '--epochs', '2', '--seeds', '2', '--tuning-seeds', '1'];

describe('normtape sweep', () => {
  const out = folder();
  const sweep = (...flags: readonly string[]) => say(['sweep', ...TINY, '--out', out, ...flags]);
  const read = (...path: readonly string[]): string => readFileSync(join(out, ...path), 'utf8');

  it('prints the ranking and writes a report and the results', async () => {
    const { code, out: said, err } = await sweep('--name', 'tiny', '--norms', 'none,rms_norm');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(said).to.include(
      'moons: 480 samples to train with, 120 to test, 2 features, 2 classes. 2 normalizations, 2 seeds, 2 epochs, learning rate 0.001 or 0.003 or 0.01.',
    );
    expect(said).to.match(
      /│ rms_norm +│ +[\d.]+ ± [\d.]+ │ +[+−]?[\d.]+ ± [\d.]+ │ (better|tied|worse) +│ [▁-█]{3}/,
    );
    expect(said).to.match(/│ none +│ +[\d.]+ ± [\d.]+ │ +│ baseline │/);
    expect(said).to.match(/│ rms_norm +│ +0\.0\d+ │ +[\d.]+ ± [\d.]+ │ +[\d.]+ \([\d.]+–[\d.]+\) │ +2 │/);
    expect(said).to.match(/│ rms_norm +│( +[\d.]+ │)* +→ [\d.]+ │/);
    expect(said).to.include("± is the 95 % interval of the mean over the seeds (Student's t).");
    expect(said).to.match(/Report: file:.*\/tiny\/report\.html$/);
    expect(readdirSync(join(out, 'tiny')).sort()).to.deep.equal([
      'report.html',
      'results.csv',
      'results.json',
      'trainings.jsonl',
    ]);

    const results = JSON.parse(read('tiny', 'results.json')) as Results;
    expect(results.name).to.equal('tiny');
    expect(results.interrupted).to.equal(false);
    expect(results.settings).to.deep.include({
      hidden: [4],
      epochs: 2,
      seeds: 2,
      learningRates: [0.001, 0.003, 0.01],
    });
    expect(results.runs.length).to.equal(2 * 3 + 4);
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
    const { name, runs } = JSON.parse(embedded!) as Results;
    expect(name).to.equal('<b>&"');
    expect(runs.map(({ epochs }) => epochs.at(-1))).to.deep.equal(
      results.runs.map(({ epochs }) => epochs.at(-1)),
    );
    expect(page).to.include('u-wrap');
  });

  it('prints only JSON with --json, with the same numbers for the same seed', async () => {
    let asked = 0;
    const numbers = async (seed: string): Promise<unknown> => {
      const name = `json-${++asked}`;
      const { out: said, err } = await sweep(
        '--name',
        name,
        '--norms',
        'none,band_rms',
        '--json',
        '--seed',
        seed,
      );
      expect(err).to.equal('');
      expect(said).to.equal(read(name, 'results.json').trimEnd());
      return (JSON.parse(said) as Results).runs.map((run) => ({ ...run, seed: 0 }));
    };
    expect(await numbers('1')).to.deep.equal(await numbers('1'));
    expect(await numbers('1')).not.to.deep.equal(await numbers('2'));
  });

  it('trains the configurations of a file, besides none', async () => {
    const file = join(out, 'sweep.json');
    writeFileSync(file, JSON.stringify({ plain: { type: 'rms_norm', use_scale: false } }));
    const { out: said } = await sweep(
      '--config',
      file,
      '--json',
      '--name',
      'configured',
      '--learning-rate',
      '0.01',
    );
    const { variants, runs } = JSON.parse(said) as Results;
    expect(variants).to.deep.equal([
      { name: 'none', config: { type: 'none' } },
      { name: 'plain', config: { type: 'rms_norm', use_scale: false } },
    ]);
    expect(runs.map(({ variant }) => variant)).to.deep.equal(['none', 'plain', 'none', 'plain']);
    expect(read('configured', 'report.html')).to.include('useScale');
  });

  it('distinguishes runs that diverge from runs that do not learn', async () => {
    const { code, out: said } = await sweep('--name', 'wild', '--norms', 'none', '--learning-rate', '1e30');
    expect(code).to.equal(0);
    expect(said).to.include('Diverged: none (2 of 2 runs).').and.not.to.include('Did not learn');
    expect(said).to.match(/│ none +│ 1e\+30 │ +– │/);
    expect(read('wild', 'report.html')).to.include('Diverged: none (2 of 2 runs).');
    // Weights so large that every unit of the hidden layer is stuck.
    const idle = await sweep('--name', 'idle', '--norms', 'none', '--learning-rate', '1e-12');
    expect(idle.out).to.include('Did not learn').and.to.include('none (2 of 2 runs)');
  });

  it('fits into 80 columns, with long names, many rates and wide intervals', async () => {
    const file = join(out, 'long.json');
    const config = { type: 'rms_norm' };
    writeFileSync(
      file,
      JSON.stringify({
        'a very long name of a configuration': config,
        'a very long name of another one': config,
      }),
    );
    const rates = '1,0.3,0.1,0.03,0.01,0.003,0.001,0.0001';
    const wide = ['--name', 'wide', '--config', file, '--learning-rates', rates, '--epochs', '1'];
    for (const flags of [wide, ['--name', 'lone', '--norms', 'none', '--learning-rate', '300']]) {
      const { out: said } = await sweep(...flags);
      const tables = said.split('\n').filter((line) => /^[│┌├└]/.test(line));
      expect(tables.length).to.be.above(5);
      expect(Math.max(...tables.map((line) => line.length))).to.be.at.most(80);
    }
    const page = read('wide', 'report.html');
    expect(page).to.include('a very long name of a configuration').and.to.include('the same function as');
  });

  it('gives no verdicts for one seed, and says why', async () => {
    const { out: said } = await sweep('--name', 'one', '--norms', 'none,rms_norm', '--seeds', '1');
    expect(said).to.match(/│ rms_norm +│ +[\d.]+ │ +[+−]?[\d.]+ │ – +│/);
    expect(said).to.include('One seed cannot tell a difference from chance').and.not.to.include('±');
  });

  it('prints and writes every epoch of every run as CSV', async () => {
    const { out: said, err } = await sweep('--name', 'csv', '--norms', 'none', '--csv');
    expect(err).to.equal('');
    expect(said).to.equal(read('csv', 'results.csv').trimEnd());
    const [head, ...rows] = said.split('\n');
    expect(head).to.equal(
      'stage,normalization,learning_rate,seed,epoch,train_loss,train_accuracy,measured_on,loss,accuracy,diverged_in_epoch',
    );
    expect(rows.length).to.equal((3 + 2) * 3);
    const { runs } = JSON.parse(read('csv', 'results.json')) as Results;
    const last = rows.at(-1)!.split(',');
    expect([last[0], last[1], last[7]]).to.deep.equal(['final', 'none', 'test']);
    expect(Number(last[9])).to.equal(runs.at(-1)!.epochs.at(-1)!.accuracy);
  });

  it('chooses a momentum that forgets the initial statistics, and warns of one that does not', async () => {
    const flags = ['--data', 'spirals', '--norms', 'batch_norm', '--learning-rate', '0.003'];
    const train = async (...more: readonly string[]): Promise<readonly [number, string]> => {
      const args = [...flags, '--epochs', '15', '--hidden', '64,32', '--seeds', '1', ...more];
      const { out: said } = await say(['sweep', ...args, '--out', out, '--json']);
      const { ranking, warnings } = JSON.parse(said) as Results;
      return [ranking[0]!.accuracy.mean, warnings.join()];
    };
    const [[own, silent], [slow, warned]] = [await train(), await train('--momentum', '0.99')];
    expect(own).to.be.above(0.85);
    expect(silent).to.equal('');
    expect(slow).to.be.below(0.6);
    expect(warned).to.include('10 % of its initial value is left');
  }).timeout(30_000);

  it('reports before any work that it cannot write', async () => {
    const file = join(out, 'file');
    writeFileSync(file, 'in the way');
    const { code, out: said, err } = await say(['sweep', ...TINY, '--out', file, '--name', 'x']);
    expect({ code, said }).to.deep.equal({ code: 1, said: '' });
    expect(err).to.equal(
      `${join(file, 'x')}: expected a folder that can be written to, received "a file or folder of the same name".`,
    );
    expect(readFileSync(file, 'utf8')).to.equal('in the way');
  });

  it('rejects wrong settings with the usual messages of options', async () => {
    for (const [flags, message] of [
      [['--epochs', '0'], 'sweep.epochs: expected a whole number from 1, received 0.'],
      [['--hidden', '4,0'], 'sweep.hidden: expected a list of whole numbers from 1, received [4,0].'],
      [['--activation', 'rellu'], 'sweep.activation: expected one of linear, relu, '],
      [['--norms', 'layernorm'], 'Did you mean layer_norm?'],
      [
        ['--learning-rates', ''],
        'sweep.learningRates: expected at least one learning rate, each once, received [].',
      ],
      [
        ['--learning-rates', '0.1,0.1'],
        'sweep.learningRates: expected at least one learning rate, each once, received [0.1,0.1].',
      ],
      [['--learning-rates', '0.1,0'], 'sweep.learningRates: expected a list of finite numbers above 0'],
      [
        ['--learning-rates', '0.1', '--learning-rate', '0.2'],
        'sweep.learningRates: expected one flag for the learning rates, received "both --learning-rate and --learning-rates".',
      ],
      [['--momentum', '2'], '--momentum: expected a number from 0 to 1, received 2.'],
      [
        ['--norms', 'rms_norm', '--momentum', '0.5'],
        '--momentum: expected a normalization with running statistics among --norms, received "no such normalization".',
      ],
      [['--baseline', 'nun'], 'Did you mean none?'],
    ] as const) {
      const { code, out: said, err } = await sweep(...flags, '--name', 'never');
      expect({ code, said }).to.deep.equal({ code: 1, said: '' });
      expect(err).to.include(message);
      expect(existsSync(join(out, 'never'))).to.equal(false);
    }
  });

  it('leaves no folder when it is interrupted before a training has finished', async () => {
    const { code, out: said } = await say(
      ['sweep', ...TINY, '--out', out, '--name', 'early'],
      AbortSignal.abort(),
    );
    expect(code).to.equal(130);
    expect(said).to.include('Interrupted after 0 finished trainings.');
    expect(existsSync(join(out, 'early'))).to.equal(false);
  });

  it('saves finished trainings when its process is interrupted', async function () {
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
      '--learning-rate',
      '0.003',
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
    expect(said.out)
      .to.include(`Interrupted after ${runs.length} finished training`)
      .and.to.include('│ none');
    expect(said.out).to.include(`To continue: normtape sweep --resume ${join(out, 'stopped')}`);
    expect(said.out).to.match(/│ none +│ 0.003 │ .* │ +– │ +\d+\/100000 │/);
    expect(read('stopped', 'report.html')).to.include('Interrupted: only finished runs');
  });
});

it('documents only existing flags on the page on sweeps', async () => {
  const { out: help } = await say(['sweep', '--help']);
  const { out: others } = await say(['compare', '--help']);
  const flags = new Set(`${help}${others}`.match(/--[a-z-]+/g));
  const named = new Set(readFileSync('docs/sweep.md', 'utf8').match(/--[a-z-]+/g));
  expect([...named].filter((flag) => !flags.has(flag))).to.deep.equal([]);
  expect(named.size).to.be.above(10);
});
