import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { HOST, draftOf, dropDrafts } from '../../src/cli/drafts.js';
import { claimFolder } from '../../src/cli/claim.js';
import { Saving } from '../../src/cli/saving.js';
import { lock, release } from '../../src/cli/lock.js';
import { Recorder, headerOf, readRecord } from '../../src/cli/sweep/record.js';
import { folder, say } from './support.js';
import { planOf, runOf } from './sweep/support.js';

/** The id of a process that has ended. */
const dead = (): number => spawnSync(process.execPath, ['--version']).pid;

const named = (host: string, pid: number): string =>
  `results.json.${host.replace(/[^\w-]+/g, '-')}.${pid}.part`;

describe('drafts and locks of a killed process', () => {
  const place = folder();

  it('are removed by the next run, and nothing else is', async () => {
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

  it('do not lock a folder, and a running process holds its lock alone', () => {
    const path = join(place, 'running.pid');
    const own = `${process.pid} ${HOST}`;
    const first = lock(place);
    expect(first).to.have.property('release');
    expect(lock(place)).to.deep.equal({ worker: process.pid });
    if ('release' in first) first.release();
    // The last is the id of this process, as an earlier process in a container may have had it.
    for (const content of [
      String(dead()),
      '',
      'rubbish',
      String(process.pid),
      own,
      `${process.ppid} elsewhere`,
    ]) {
      writeFileSync(path, content);
      const locking = lock(place);
      expect(locking, content).to.have.property('release');
      expect(readFileSync(path, 'utf8')).to.equal(own);
      if ('release' in locking) locking.release();
    }
    writeFileSync(path, String(process.ppid));
    expect(lock(place)).to.deep.equal({ worker: process.ppid });
    expect(existsSync(draftOf(path))).to.equal(false);
  });
});

describe('release', () => {
  const place = folder();
  const held = (name: string, files: Readonly<Record<string, string>>): readonly string[] | undefined => {
    const run = join(place, name);
    mkdirSync(run);
    for (const [file, text] of Object.entries(files)) writeFileSync(join(run, file), text);
    release(run);
    release(run);
    return existsSync(run) ? readdirSync(run).sort() : undefined;
  };

  it('removes the lock and drafts of this process, whichever thread made them, and an empty folder', () => {
    const own = { 'running.pid': `${process.pid} ${HOST}`, [named(hostname(), process.pid)]: 'half' };
    expect(held('empty', own)).to.equal(undefined);
    expect(held('full', { ...own, 'results.json': '{}' })).to.deep.equal(['results.json']);
  });

  it('leaves the lock and drafts of other processes', () => {
    const files = { 'running.pid': `${process.ppid} ${HOST}`, [named(hostname(), process.ppid)]: 'half' };
    expect(held('other', files)).to.deep.equal(Object.keys(files).sort());
    expect(held('elsewhere', { 'running.pid': `${process.pid} elsewhere` })).to.deep.equal(['running.pid']);
  });
});

describe('a folder in which a process was killed before it wrote anything', () => {
  const place = folder();
  const claimed = (name: string, files: Readonly<Record<string, string>>): string => {
    mkdirSync(join(place, name));
    for (const [file, text] of Object.entries(files)) writeFileSync(join(place, name, file), text);
    const { name: free, release } = claimFolder(place, name);
    expect(readdirSync(join(place, free))).to.deep.equal(['running.pid']);
    release();
    expect(existsSync(join(place, free))).to.equal(false);
    return free;
  };

  it('is used by the next run of its name', () => {
    const draft = named(hostname(), dead());
    for (const [name, files] of Object.entries({
      empty: {},
      locked: { 'running.pid': `${dead()} ${HOST}` },
      torn: { 'running.pid': '', [draft]: 'half' },
      drafted: { [draft]: 'half' },
    }))
      expect(claimed(name, files)).to.equal(name);
  });

  it('is left alone if the process may be running, or if the folder contains anything else', () => {
    for (const [name, files] of Object.entries({
      living: { 'running.pid': `${process.ppid} ${HOST}` },
      elsewhere: { 'running.pid': `${dead()} elsewhere` },
      writing: { [named(hostname(), process.ppid)]: 'half' },
      used: { 'running.pid': `${dead()} ${HOST}`, 'notes.txt': 'mine' },
    })) {
      expect(claimed(name, files)).to.equal(`${name}-2`);
      for (const [file, text] of Object.entries(files))
        expect(readFileSync(join(place, name, file), 'utf8')).to.equal(text);
    }
  });

  it('is used by only one of several runs that try', () => {
    mkdirSync(join(place, 'wanted'));
    const claims = [1, 2, 3].map(() => claimFolder(place, 'wanted'));
    expect(claims.map(({ name }) => name)).to.deep.equal(['wanted', 'wanted-2', 'wanted-3']);
    for (const { release } of claims) release();
  });
});

describe('a record that cannot be written for a while', () => {
  const place = folder();

  it('contains all trainings in the end, and the failure is reported once', () => {
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
      /trainings\.jsonl: expected a file that can be written to, received "no such file or folder"/,
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
