import { expect } from 'chai';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, anySeed } from '../../src/array/index.js';
import { fullQuota } from '../faults/disks.js';
import { endlessCode, signals } from '../faults/signals.js';
import { killedSweeps } from '../faults/sweeps.js';
import { killedTrainings } from '../faults/trainings.js';
import { whereBuilt } from '../package/built.js';

// The short form of npm run faults, with the built command, which starts in a third of the time.
describe('a disturbed process loses no results and leaves no incomplete files', function () {
  this.timeout(120_000);
  before(whereBuilt('dist/cli/work.js'));
  before(() => void (process.env['BUILT'] = 'yes'));
  after(() => void delete process.env['BUILT']);

  for (const [fault, kills] of [
    [killedSweeps, 1],
    [killedTrainings, 1],
    [signals, 3],
    [endlessCode, 1],
    [fullQuota, 1],
  ] as const) {
    it(fault.name, async function () {
      const place = mkdtempSync(join(tmpdir(), 'normtape-faults-'));
      const seed = anySeed();
      try {
        const { findings, skipped } = await fault.inflict({ place, kills, random: new Random(seed) });
        if (skipped) this.skip();
        expect(findings, `seed ${seed}`).to.deep.equal([]);
      } finally {
        rmSync(place, { recursive: true, force: true });
      }
    });
  }
});
