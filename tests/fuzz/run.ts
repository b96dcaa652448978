import Table from 'cli-table3';
import { anySeed } from '../../src/array/index.js';
import { fuzz } from './door.js';
import { doors } from './doors/index.js';

// npm run fuzz: random inputs at every door. INPUTS=100000 SEED=1 DOOR=csv npm run fuzz chooses others.
const inputs = Number(process.env['INPUTS'] ?? 20_000);
const seed = Number(process.env['SEED'] ?? anySeed());
const only = process.env['DOOR'];
console.log(`${inputs} inputs a door, seed ${seed}`);

const table = new Table({
  head: ['door', 'inputs', 'accepted', 'refused', 'raw errors', 'slowest, ms', 'most refusals come from'],
  style: { head: [], border: [] },
});
const findings: string[] = [];
const slow: string[] = [];
for (const door of doors.filter(({ name }) => !only || name === only)) {
  const { inputs: tried, accepted, refused, slowest, raw, finding } = await fuzz(door, inputs, seed);
  if (finding) findings.push(finding, ...[...raw].map(([kind, count]) => `${count} × ${kind}`));
  if (slowest.milliseconds > 1000) slow.push(`slowest at ${door.name}: ${slowest.words.slice(0, 500)}`);
  const kinds = [...refused].sort((a, b) => b[1] - a[1]);
  const most = kinds.slice(0, 4).map(([kind, count]) => `${kind} ${count}`);
  const all = kinds.reduce((sum, [, count]) => sum + count, 0);
  table.push([
    door.name,
    tried,
    accepted,
    all,
    [...raw.values()].reduce((sum, count) => sum + count, 0),
    slowest.milliseconds.toFixed(0),
    most.join('\n'),
  ]);
}
console.log(table.toString());
for (const words of slow) console.log(words);
for (const finding of findings) console.log(finding);
if (!findings.length) console.log('No raw error.');
if (findings.length) process.exitCode = 1;
