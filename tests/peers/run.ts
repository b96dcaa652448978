import Table from 'cli-table3';
import { Random, anySeed } from '../../src/array/index.js';
import { setKernels } from '../../src/index.js';
import { type Case, FAMILIES, makeCase } from './cases.js';
import { compare } from './compare.js';
import { type Dtype } from './numbers.js';
import { ours } from './ours.js';
import { startTorch } from './torch.js';

// npm run peers: random cases, computed here and by PyTorch. CASES=20000 SEED=1 KERNELS=js npm run peers chooses
// others.
const cases = Number(process.env['CASES'] ?? 10_000);
const seed = Number(process.env['SEED'] ?? anySeed());
setKernels((process.env['KERNELS'] ?? 'auto') as 'auto');

const torch = await startTorch();
if (typeof torch === 'string') {
  console.log(
    `Skipped: there is no PyTorch to compare with (${torch}). PYTHON names an interpreter that has it.`,
  );
  process.exit(0);
}
console.log(`PyTorch ${torch.version}, ${cases} cases, seed ${seed}`);

interface Tally {
  cases: number;
  agree: number;
  chosen: number;
}

const random = new Random(seed);
const tallies = new Map<string, Tally>();
const reasons = new Map<string, number>();
const differences = new Map<string, { count: number; readonly first: string }>();

/** A case in one line, with which it can be computed again. */
const printed = ({ op, dtype, mode, options, inputs, seed: given }: Case): string =>
  JSON.stringify({ op, dtype, mode, options, inputs: inputs.map(plain), seed: given && plain(given) });
const plain = ({ shape, data }: { shape: readonly number[]; data: Float64Array }) => ({
  shape,
  data: Array.from(data, (value) =>
    Number.isFinite(value) && !Object.is(value, -0) ? value : String(value),
  ),
});

const names = Object.keys(FAMILIES);
for (let i = 0; i < cases; i++) {
  const op = names[i % names.length]!;
  const dtype: Dtype = Math.floor(i / names.length) % 2 ? 'float32' : 'float64';
  const made = makeCase(op, dtype, random);
  const theirs = await torch.answer(made);
  const verdict = compare(made, ours(made), theirs);
  const tally = tallies.get(op) ?? { cases: 0, agree: 0, chosen: 0 };
  tallies.set(op, tally);
  tally.cases++;
  if (verdict === 'agree') tally.agree++;
  else if ('because' in verdict) {
    tally.chosen++;
    reasons.set(verdict.because, (reasons.get(verdict.because) ?? 0) + 1);
  } else {
    const key = `${op}, ${dtype}`;
    const known = differences.get(key);
    if (known) known.count++;
    else differences.set(key, { count: 1, first: `${verdict.difference}\n  ${printed(made)}` });
  }
}
torch.end();

const table = new Table({
  head: ['op', 'cases', 'agree', 'by choice', 'differ'],
  style: { head: [], border: [] },
});
for (const [op, { cases: all, agree, chosen }] of tallies)
  table.push([op, all, agree, chosen, all - agree - chosen]);
console.log(table.toString());
for (const [because, count] of reasons) console.log(`${count} cases differ by choice: ${because}.`);
for (const [key, { count, first }] of differences) console.log(`\n${key}: ${count} differ, such as ${first}`);
if (differences.size) process.exitCode = 1;
else console.log('No other case differs.');
