import Table from 'cli-table3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Random, anySeed } from '../../src/array/index.js';
import { fullDisk, fullQuota, readOnly, wrongPlaces } from './disks.js';
import type { Fault, Outcome } from './fault.js';
import { closedOutputs, cursor } from './outputs.js';
import { endlessCode, signals } from './signals.js';
import { killedSweeps } from './sweeps.js';
import { together } from './together.js';
import { killedTrainings } from './trainings.js';

// npm run faults: kills, signals, full disks and closed outputs. KILLS=100 SEED=1 ONLY=disk npm run faults chooses
// others.
const kills = Number(process.env['KILLS'] ?? 30);
const seed = Number(process.env['SEED'] ?? anySeed());
const only = process.env['ONLY'] ?? '';
console.log(`${kills} kills of each kind, seed ${seed}`);

const FAULTS: readonly Fault[] = [
  killedSweeps,
  killedTrainings,
  signals,
  endlessCode,
  fullDisk,
  fullQuota,
  readOnly,
  wrongPlaces,
  closedOutputs,
  cursor,
  together,
];

const table = new Table({
  head: ['fault', 'tried', 'what held', 'findings', 's'],
  style: { head: [], border: [] },
});
const findings: string[] = [];
for (const fault of FAULTS.filter(({ name }) => name.includes(only))) {
  const place = mkdtempSync(join(tmpdir(), 'normtape-faults-'));
  const started = performance.now();
  const outcome = await fault
    .inflict({ place, kills, random: new Random(seed) })
    .catch((error: Error): Outcome => ({ tried: 0, facts: '', findings: [error.stack ?? error.message] }));
  rmSync(place, { recursive: true, force: true });
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  const held = outcome.skipped ? `skipped: ${outcome.skipped}` : outcome.facts;
  table.push([fault.name, outcome.tried, held, outcome.findings.length, seconds]);
  findings.push(...outcome.findings.map((finding) => `${fault.name}: ${finding}`));
}
console.log(table.toString());
for (const finding of findings) console.log(finding);
console.log(findings.length > 0 ? `${findings.length} findings.` : 'No results lost, no incomplete files.');
if (findings.length > 0) process.exitCode = 1;
