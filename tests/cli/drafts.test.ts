import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { draftOf, dropDrafts } from '../../src/cli/drafts.js';
import { claimFolder } from '../../src/cli/files.js';
import { Saving } from '../../src/cli/saving.js';
import { lock } from '../../src/cli/sweep/lock.js';
import { Recorder, headerOf, readRecord } from '../../src/cli/sweep/record.js';
import { folder, say } from './support.js';
import { planOf, runOf } from './sweep/support.js';

/** The number of a process that has ended. */
const dead = (): number => spawnSync(process.execPath, ['--version']).pid;

const named = (host: string, pid: number): string =>
  `results.json.${host.replace(/[^\w-]+/g, '-')}.${pid}.part`;

describe('what a killed process leaves', () => {
  const place = folder();

  it('is taken away by the next run, and nothing else is', async () => {
    const run = join(place, 'killed');
    mkdirSync(run);
    const stale = [named(hostname(), dead()), named(hostname(), process.pid)];
    const kept = [
      named('elsewhere', dead()),
      named(hostname(), process.ppid),
      'mine.part',
      'part',
      'x.12.part',
    ];
    for (const name of [...stale, ...kept]) {
      for (const at of [place, run]) writeFileSync(join(at, name), 'half');
    }
    const flags = [
      '--data',
      'moons',
      '--norms',
      'none',
      '--epochs',
      '1',
      '--seeds',
      '1',
      '--learning-rate',
      '1',
    ];
    await say(['sweep', ...flags, '--out', place, '--name', 'next']);
    expect(readdirSync(run).sort()).to.deep.equal([...kept].sort());
    expect(readdirSync(place).sort()).to.deep.equal([...kept, 'killed', 'next'].sort());
    dropDrafts(join(place, 'nowhere'));
  });

  it('is no lock, and a living process has one alone', () => {
    const path = join(place, 'running.pid');
    const first = lock(place);
    expect(first).to.have.property('unlock');
    expect(lock(place)).to.deep.equal({ worker: process.pid });
    if ('unlock' in first) first.unlock();
    // The last is the number of this process, as an earlier one in a container had it.
    for (const content of [String(dead()), '', 'rubbish', String(process.pid)]) {
      writeFileSync(path, content);
      const locking = lock(place);
      expect(locking, content).to.have.property('unlock');
      expect(readFileSync(path, 'utf8')).to.equal(String(process.pid));
      if ('unlock' in locking) locking.unlock();
    }
    writeFileSync(path, String(process.ppid));
    expect(lock(place)).to.deep.equal({ worker: process.ppid });
    expect(existsSync(draftOf(path))).to.equal(false);
  });
});

describe('a record that cannot be written for a while', () => {
  const place = folder();

  it('has all trainings in the end, and the failure was told once', () => {
    const [run, away] = [join(place, 'run'), join(place, 'away')];
    const runs = [1, 2, 3].map((seed) => runOf('none', seed, 0.5));
    mkdirSync(run);
    const recorder = new Recorder(run, { header: headerOf(planOf('none'), {}), runs: [] });
    const told: string[] = [];
    const saving = new Saving({ tell: (text) => void told.push(...[text].flat()) });
    renameSync(run, away);
    for (const one of runs.slice(0, 2)) saving.attempt('record', () => recorder.add(one));
    expect(saving.hasFailed).to.equal(true);
    expect(told.length).to.equal(1);
    expect(told[0]).to.match(
      /trainings\.jsonl: expected a file that can be written to, received "nothing there"/,
    );
    renameSync(away, run);
    saving.attempt('record', () => recorder.add(runs[2]!));
    expect(saving.hasFailed).to.equal(false);
    expect(readRecord(run)!.runs).to.deep.equal(runs);
  });
});

describe('a folder that cannot be made', () => {
  before(function () {
    if (!existsSync('/proc/self')) this.skip();
  });

  for (const place of ['/proc', '/proc/self/deep/down', '/dev/null/below']) {
    it(`is one error: ${place}`, () => {
      expect(() => claimFolder(place, 'run')).to.throw(
        /run: expected a folder that can be written to, received /,
      );
    });
  }
});
