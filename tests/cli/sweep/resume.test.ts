import { expect } from 'chai';
import type { Split } from '../../../src/data/index.js';
import fc from 'fast-check';
import { appendFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { claimFolder } from '../../../src/cli/claim.js';
import { fingerprint } from '../../../src/cli/sweep/fingerprint.js';
import { Recorder, headerOf, readRecord, writeRecord } from '../../../src/cli/sweep/record.js';
import type { Results } from '../../../src/cli/sweep/results.js';
import { folder, say } from '../support.js';
import { epochOf, planOf, runOf } from './support.js';

const FLAGS = ['--data', 'moons', '--hidden', '4', '--epochs', '2', '--tuning-seeds', '1'];
const TINY = [...FLAGS, '--norms', 'none,batch_norm', '--seeds', '2'];

describe('a resumed sweep', () => {
  const out = folder();
  const sweep = (...flags: readonly string[]) => say(['sweep', '--out', out, '--quiet', ...flags]);
  const results = (name: string) =>
    JSON.parse(readFileSync(join(out, name, 'results.json'), 'utf8')) as Results;
  const lines = (name: string): string[] =>
    readFileSync(join(out, name, 'trainings.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1);

  /** Makes a folder as an interruption after this many trainings leaves it. */
  const interrupt = (name: string, after: number, torn = ''): void => {
    mkdirSync(join(out, name));
    const kept = lines('whole').slice(0, 1 + after);
    writeFileSync(join(out, name, 'trainings.jsonl'), kept.map((line) => `${line}\n`).join('') + torn);
  };

  /** The results that must be the same to the bit: all but the times of steps. */
  const numbers = (name: string): unknown => {
    const { runs, tunings, ranking, settings, variants } = results(name);
    return { runs, tunings, settings, variants, ranking: ranking.map((rank) => ({ ...rank, time: 0 })) };
  };

  before(async () => {
    expect((await sweep(...TINY, '--name', 'whole')).code).to.equal(0);
  });

  for (const after of [1, 6, 9, 10]) {
    it(`with --resume after ${after} of 10 trainings ends as if it had not been interrupted`, async () => {
      const name = `stopped-${after}`;
      interrupt(name, after);
      const { code, out: said, err } = await sweep('--resume', join(out, name));
      expect({ code, err }).to.deep.equal({ code: 0, err: '' });
      expect(said).to.include(`Resumed: ${after} of 10 trainings finished before.`);
      expect(numbers(name)).to.deep.equal(numbers('whole'));
      expect(lines(name)).to.deep.equal(lines('whole'));
      expect(existsSync(join(out, name, 'report.html'))).to.equal(true);
    });
  }

  it('resumes by itself with the same command and name, and drops an incomplete line', async () => {
    interrupt('again', 4, '{"stage":"fin');
    const { code, out: said, err } = await sweep(...TINY, '--name', 'again');
    expect({ code, err }).to.deep.equal({ code: 0, err: '' });
    expect(said).to.include('Resumed: 4 of 10 trainings finished before.');
    expect(numbers('again')).to.deep.equal(numbers('whole'));
  });

  it('with more seeds equals a sweep of that many seeds', async () => {
    interrupt('more', 10);
    const { code } = await sweep('--resume', 'more', '--seeds', '3');
    expect(code).to.equal(0);
    await sweep(...FLAGS, '--norms', 'none,batch_norm', '--seeds', '3', '--name', 'three');
    expect(numbers('more')).to.deep.equal(numbers('three'));
  });

  it('rejects other changed settings', async () => {
    interrupt('fixed', 4);
    const before = lines('fixed');
    for (const [flags, what] of [
      [['--epochs', '3'], 'epochs'],
      [['--seed', '2'], 'seed'],
      [['--data', 'spirals'], 'data'],
      [['--norms', 'none'], 'variants'],
      [['--momentum', '0.5'], 'variants'],
      [['--hidden', '5'], 'hidden'],
    ] as const) {
      const { code, err } = await sweep('--resume', join(out, 'fixed'), ...flags);
      expect(code, flags.join(' ')).to.equal(1);
      expect(err).to.match(
        new RegExp(
          `^--resume: expected the plan that .*fixed was started with, received "another .*\\b${what}\\b`,
        ),
      );
    }
    const { code, err } = await sweep('--resume', 'fixed', '--seeds', '1');
    expect(code).to.equal(1);
    expect(err).to.equal('--resume: expected at least the 2 seeds that it was started with, received 1.');
    expect(lines('fixed')).to.deep.equal(before);
  });

  it('is refused only while another process works on it', async () => {
    interrupt('busy', 4);
    const lock = join(out, 'busy', 'running.pid');
    writeFileSync(lock, String(process.ppid));
    const { code, err } = await sweep('--resume', 'busy');
    expect(code).to.equal(1);
    expect(err).to.equal(
      `--resume: expected a run that has ended, received "process ${process.ppid} at work on it".`,
    );
    expect((await sweep(...TINY, '--name', 'busy')).err).to.include('this run is busy-2.');
    // No process has an id this high.
    writeFileSync(lock, '99999999');
    expect((await sweep('--resume', 'busy')).code).to.equal(0);
    expect(existsSync(lock)).to.equal(false);
  });

  it('rejects a folder without a sweep', async () => {
    mkdirSync(join(out, 'empty'));
    for (const name of ['empty', 'nowhere']) {
      const { code, err } = await sweep('--resume', name);
      expect(code).to.equal(1);
      expect(err).to.include(
        '--resume: expected the folder of a sweep, with trainings.jsonl in it, received',
      );
    }
  });

  it('warns if other versions computed its first part', async () => {
    interrupt('old', 4);
    const path = join(out, 'old', 'trainings.jsonl');
    const [head, ...rest] = readFileSync(path, 'utf8').split('\n');
    writeFileSync(path, [head!.replace(/"node":"[^"]*"/, '"node":"18.0.0"'), ...rest].join('\n'));
    const { err } = await sweep('--resume', 'old');
    expect(err).to.equal('Started with node 18.0.0: numbers may be rounded differently now.');
  });
});

describe('a name that is taken', () => {
  const out = folder();
  const sweep = (...flags: readonly string[]) =>
    say([
      'sweep',
      '--out',
      out,
      ...FLAGS,
      '--seeds',
      '1',
      '--learning-rate',
      '0.01',
      '--norms',
      'none',
      ...flags,
    ]);

  it('gets a number, with a message, and leaves the other run untouched', async () => {
    await sweep('--name', 'a');
    const first = readFileSync(join(out, 'a', 'results.json'), 'utf8');
    const { err } = await sweep('--name', 'a');
    expect(err).to.equal(`${join(out, 'a')} is there already: this run is a-2.`);
    await sweep('--name', 'a', '--epochs', '1');
    expect(readdirSync(out).sort()).to.deep.equal(['a', 'a-2', 'a-3']);
    expect(readFileSync(join(out, 'a', 'results.json'), 'utf8')).to.equal(first);
    expect((JSON.parse(readFileSync(join(out, 'a-3', 'results.json'), 'utf8')) as Results).name).to.equal(
      'a-3',
    );
  });

  it('in the same second gives each run its own folder', async () => {
    const place = join(out, 'same');
    await Promise.all([1, 2, 3].map(() => sweep('--out', place)));
    expect(readdirSync(place).length).to.equal(3);
    expect([1, 2, 3].map(() => claimFolder(place, 'x').name)).to.deep.equal(['x', 'x-2', 'x-3']);
  });
});

describe('the record of a sweep', () => {
  const place = folder();
  const plan = planOf('none');
  const header = headerOf(plan, { data: 'moons' });

  it('keeps every number to the bit, including those that JSON lacks', () => {
    const number = fc.double();
    fc.assert(
      fc.property(number, number, number, fc.option(fc.nat(9), { nil: undefined }), (a, b, c, divergedIn) => {
        const epoch = { ...epochOf(1, a), trainLoss: b, trainAccuracy: c, layers: [{ mean: b, rms: c }] };
        const run = runOf('NaN', 3, a, { divergedIn, epochs: [epochOf(0, b, c), epoch] });
        new Recorder(place, { header, runs: [run] }).add(run);
        const { runs } = readRecord(place)!;
        expect(runs).to.deep.equal([run, run]);
        expect(Object.is(runs[0]!.epochs[1]!.accuracy, a)).to.equal(true);
      }),
    );
  });

  it('names a line that is not a training', () => {
    writeRecord(place, { header, runs: [] });
    appendFileSync(join(place, 'trainings.jsonl'), 'no JSON\n');
    expect(() => readRecord(place)).to.throw('trainings.jsonl: line 2: expected a training as JSON');
    writeFileSync(join(place, 'trainings.jsonl'), '{}\n');
    expect(() => readRecord(place)).to.throw('expected the record of a sweep, received {}');
  });

  it('identifies data by all of their numbers', () => {
    const { train, test } = plan.split as Split;
    const changed = { ...test, labels: test.labels.map((label, i) => (i === 0 ? 1 - label : label)) };
    expect(fingerprint({ train, test })).to.equal(fingerprint({ train, test: { ...test } }));
    expect(fingerprint({ train, test })).not.to.equal(fingerprint({ train, test: changed }));
    expect(fingerprint({ train, test })).not.to.equal(fingerprint({ train: test, test: train }));
  });
});
