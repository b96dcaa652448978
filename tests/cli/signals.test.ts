import { expect } from 'chai';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../../src/cli/interruption.js';
import { finish, normtape } from '../faults/process.js';
import { folder } from './support.js';

/** Sends a signal to the process when it renames a file of this name into its place, and delays that. */
const HOOK = `
  const fs = require('node:fs');
  const { renameSync } = fs;
  let isSent = false;
  fs.renameSync = (from, to) => {
    if (!isSent && String(to).endsWith('FILE')) {
      isSent = true;
      process.kill(process.pid, 'SIGNAL');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, DELAY);
    }
    renameSync(from, to);
  };
  require('node:module').syncBuiltinESMExports();
`;

const SWEEP = [
  ...['sweep', '--data', 'moons', '--norms', 'none', '--hidden', '4', '--epochs', '1', '--seeds', '2'],
  ...['--learning-rate', '0.01'],
];
describe('a signal that comes while a command saves', function () {
  this.timeout(60_000);
  const place = folder();

  for (const [name, signal, file, delay] of [
    ['sweep', 'SIGINT', 'report.html', 0],
    ['sweep-slow', 'SIGTERM', 'results.json', 1200],
  ] as const) {
    it(`decides its exit code, and all is saved: ${signal} in ${name}`, async () => {
      const hook = join(place, `${name}.cjs`);
      writeFileSync(
        hook,
        HOOK.replace('FILE', file).replace('SIGNAL', signal).replace('DELAY', String(delay)),
      );
      const [node, ...rest] = normtape(...SWEEP, '--out', place, '--name', name);
      const { code, err } = await finish([node!, '--require', hook, ...rest]);
      expect(code, err).to.equal(codeOf(signal));
      const files = readdirSync(join(place, name));
      expect(files).to.include.members(['results.json', 'report.html']);
      expect(files.filter((one) => /part$|pid$/.test(one))).to.deep.equal([]);
    });
  }
});

describe('a folder whose command is ended by a signal', function () {
  this.timeout(60_000);
  const place = folder();

  it('is released while a sweep that is resumed loads a norm', async () => {
    const norm = join(place, 'slow.mjs');
    const base = `import { norms } from '${process.cwd()}/src/index.ts';`;
    writeFileSync(norm, `${base} export const slow = { ...norms.rms_norm, type: 'slow' };`);
    const flags = ['--out', place, '--name', 'resumed'];
    const first = await finish(normtape(...SWEEP, ...flags, '--norms', `none,${norm}`));
    expect(first.code, first.err).to.equal(0);
    const run = join(place, 'resumed');
    const before = readdirSync(run).sort();
    writeFileSync(norm, "process.kill(process.pid, 'SIGTERM'); for (;;);");
    const { code, err } = await finish(normtape('sweep', '--resume', run, '--seeds', '3'));
    expect(code, err).to.equal(143);
    expect(readdirSync(run).sort()).to.deep.equal(before);
  });

  it('is released while an experiment saves what it has so far, and holds no draft', async () => {
    const hook = join(place, 'hook.cjs');
    const loop = HOOK.replace(/Atomics.*/, 'for (;;);').replace('FILE', 'report.html');
    writeFileSync(hook, loop.replace('SIGNAL', 'SIGHUP'));
    const args = [
      ...['experiment', 'vision', '--norms', 'batch_norm', '--seeds', '3', '--samples', '64'],
      ...['--epochs', '1', '--convnext-epochs', '1', '--out', place, '--name', 'saving'],
    ];
    const [node, ...rest] = normtape(...args);
    const { code, err } = await finish([node!, '--require', hook, ...rest]);
    expect(code, err).to.equal(129);
    expect(readdirSync(join(place, 'saving'))).to.deep.equal(['results.json']);
  });
});
