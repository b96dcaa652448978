import Table from 'cli-table3';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Sources } from './anchor.js';
import { type Patch, type Suite, applied } from './patch.js';
import { patches } from './patches/index.js';

// npm run mutants: makes every wrong implementation in a copy of the source, and demands that its tests go red.
// npm run mutants -- ε 25: those alone whose names, or numbers in the list, match.

/** How many copies are worked on at once, and how many cases a property gets. */
const COPIES = Number(process.env['COPIES'] ?? 2);
const RUNS = process.env['RUNS'] ?? '100';
/** With so much memory, a program whose memory is corrupted dies soon. */
const HEAP = '--max-old-space-size=2048';
const PROFILE = [HEAP, '--import=tsx', '--import=./tests/support/import.mjs']
  .concat('node_modules/mocha/bin/mocha.js')
  .concat('--no-config', '--timeout', '60000');
const SETUP = ['tests/support/setup.ts', 'tests/mutants/setup.ts']
  .flatMap((file) => ['--file', file])
  .concat('--require', 'tests/mutants/once.ts');

interface Outcome {
  readonly patch: Patch;
  readonly seconds: number;
  /** The suites that stayed green. */
  readonly blind: readonly Suite[];
  /** The error by which the patch broke the program, which proves nothing about the tests. */
  readonly broken: string | undefined;
}

interface Titled {
  readonly fullTitle: string;
}

interface Failure extends Titled {
  readonly err: { readonly message?: string };
}

/** A copy of all that the tests read. */
function copied(): string {
  const root = mkdtempSync(join(tmpdir(), 'normtape-mutants-'));
  const filter = (path: string) => !/tests\/(benchmarks|browser|mutants\/stryker)$/.test(path);
  for (const part of ['src', 'tests']) cpSync(part, join(root, part), { recursive: true, filter });
  for (const part of ['package.json', 'tsconfig.json']) cpSync(part, join(root, part));
  symlinkSync(resolve('node_modules'), join(root, 'node_modules'));
  mkdirSync(join(root, 'runs'));
  return root;
}

/** The tests that fail among these suites of one file; undefined, with what was printed, where none could run. */
async function failures(root: string, suites: readonly Suite[], kernels: Kernels) {
  const report = join(root, 'runs', 'report.json');
  rmSync(report, { force: true });
  const titles = suites.flatMap(({ only }) => only ?? []);
  const grep = titles.length === suites.length ? ['--grep', titles.join('|')] : [];
  const output = ['--reporter', 'json', '--reporter-option', `output=${report}`];
  const process_ = spawn(process.execPath, [...PROFILE, ...SETUP, ...output, ...grep, suites[0]!.file], {
    cwd: root,
    env: { ...process.env, RUNS, KERNELS: kernels, SUITES: JSON.stringify(titles.length ? titles : ['']) },
  });
  let printed = '';
  for (const stream of [process_.stdout, process_.stderr]) stream.on('data', (text) => (printed += text));
  const code = await new Promise<number | null>((done) => process_.on('close', done));
  try {
    const { tests, failures: failed } = JSON.parse(readFileSync(report, 'utf8'));
    return { ran: tests as readonly Titled[], failed: failed as readonly Failure[], died: false, printed };
  } catch {
    // Node dies by a signal, or with the number of one, where a mutant corrupts memory: nobody takes that for green.
    return { ran: [], failed: undefined, died: code === null || code >= 128, printed };
  }
}

const byFile = (suites: readonly Suite[]): readonly (readonly Suite[])[] =>
  [...new Set(suites.map(({ file }) => file))].map((file) => suites.filter((suite) => suite.file === file));

/** The kernels that the tests of a patch run with: the KERNELS that tests/support/setup.ts reads. */
type Kernels = 'general' | NonNullable<Patch['kernels']>;

const kernelsOf = ({ kernels }: Patch): Kernels => kernels ?? 'general';

/** The messages of a program that no longer fits together. */
const CRASH = /is not defined|is not a function|SyntaxError|before initialization/;

async function tried(root: string, patch: Patch): Promise<Outcome> {
  const start = performance.now();
  const changed = applied(patch, sources);
  for (const [file, text] of changed) writeFileSync(join(root, file), text);
  const blind: Suite[] = [];
  let broken: string | undefined;
  for (const suites of byFile(patch.red)) {
    const { ran, failed, died, printed } = await failures(root, suites, kernelsOf(patch));
    if (died) continue;
    if (!failed) broken = printed.slice(0, 400);
    for (const suite of suites) {
      const isOwn = ({ fullTitle }: Titled): boolean => new RegExp(suite.only ?? '').test(fullTitle);
      if (failed && !ran.some(isOwn)) broken = `No title in ${suite.file} matches ${suite.only}.`;
      const own = (failed ?? []).filter(isOwn);
      if (own.length === 0) blind.push(suite);
      else if (own.every(({ err }) => CRASH.test(err.message ?? ''))) broken = own[0]!.err.message;
    }
  }
  for (const file of changed.keys()) writeFileSync(join(root, file), sources.text(file));
  return { patch, blind, broken, seconds: (performance.now() - start) / 1000 };
}

/** A copy without a patch must be green, or red means nothing. */
async function demandGreen(root: string): Promise<void> {
  for (const kernels of ['general', 'wasm'] as const) {
    const own = patches.filter((patch) => kernelsOf(patch) === kernels);
    for (const [suite] of byFile(own.flatMap(({ red }) => red))) {
      const { ran, failed, printed } = await failures(root, [{ file: suite!.file }], kernels);
      if (ran.length > 0 && failed?.length === 0) continue;
      console.error(`${suite!.file} is not green as it is, with the kernels ${kernels}.`, failed ?? printed);
      process.exit(1);
    }
  }
}

const verdict = ({ patch, blind, broken }: Outcome): string => {
  if (broken !== undefined) return 'broken';
  if (patch.equivalent !== undefined)
    return blind.length === patch.red.length ? 'equivalent' : 'not equivalent';
  return blind.length ? 'SURVIVED' : 'killed';
};

const wanted = process.argv.slice(2);
const chosen = patches.filter(
  ({ name, stands }) =>
    wanted.length === 0 || wanted.some((word) => name.includes(word) || stands.includes(Number(word))),
);
const sources = new Sources();
const roots = Array.from({ length: Math.min(COPIES, chosen.length) }, copied);
const outcomes: Outcome[] = [];
try {
  if (wanted.length === 0) await demandGreen(roots[0]!);
  const queue = [...chosen];
  await Promise.all(
    roots.map(async (root) => {
      for (let patch = queue.shift(); patch; patch = queue.shift()) {
        const outcome = await tried(root, patch);
        outcomes.push(outcome);
        console.error(`${outcomes.length}/${chosen.length} ${verdict(outcome)}: ${patch.name}`);
      }
    }),
  );
} finally {
  for (const root of roots) rmSync(root, { recursive: true, force: true });
}

const table = new Table({
  head: ['of the list', 'wrong implementation', 'verdict', 'red by', 'seconds'],
  style: { head: [], border: [] },
});
for (const patch of chosen) {
  const outcome = outcomes.find((other) => other.patch === patch)!;
  table.push([
    patch.stands.join(', '),
    patch.name,
    verdict(outcome),
    `${patch.red.length - outcome.blind.length} of ${patch.red.length}`,
    outcome.seconds.toFixed(1),
  ]);
}
console.log(table.toString());

for (const outcome of outcomes) {
  const { patch, blind, broken } = outcome;
  if (verdict(outcome) === 'killed') continue;
  console.log(`\n${patch.name}: ${verdict(outcome)}. ${patch.equivalent ?? broken ?? ''}`);
  if (!patch.equivalent) for (const { file, only } of blind) console.log(`  green: ${file} ${only ?? ''}`);
}
const count = (word: string): number => outcomes.filter((outcome) => verdict(outcome) === word).length;
console.log(
  `\n${count('killed')} of ${outcomes.length - count('equivalent')} killed, ${count('equivalent')} equivalent.`,
);
process.exitCode = count('killed') + count('equivalent') === outcomes.length ? 0 : 1;
