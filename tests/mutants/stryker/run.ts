import { Stryker } from '@stryker-mutator/core';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';

// One folder of src at a time, against the tests that are its own: npm run mutation -- src/norms

/** Which tests speak for a folder. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  kernels: ['kernels', 'array', 'conformance/ops.test.ts', 'conformance/optimizers.test.ts'],
  array: ['array', 'autograd/tensor.test.ts', 'conformance/ops.test.ts', 'ops'],
  autograd: ['autograd', 'conformance/second-order.test.ts'],
  ops: ['ops', 'conformance/ops.test.ts'],
  norms: ['norms', 'conformance/norms.test.ts'],
};

const [folder = ''] = process.argv.slice(2);
const name = basename(folder);
const places = TESTS[name];
if (!places) {
  console.error(
    `Which folder? One of ${Object.keys(TESTS).join(', ')}, as in npm run mutation -- src/norms.`,
  );
  process.exit(2);
}

const testFiles = places.flatMap((part) => {
  const place = `tests/${part}`;
  return place.endsWith('.ts')
    ? [place]
    : readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => `${place}/${file}`);
});

process.env['RUNS'] ??= '20';
const incrementalFile = `tests/mutants/stryker/${name}.json`;

const results = await new Stryker({
  mutate: [`src/${name}/**/*.ts`],
  testFiles: ['tests/support/setup.ts', 'tests/mutants/setup.ts', ...testFiles],
  testRunner: 'mocha',
  plugins: ['./tests/mutants/stryker/runner.mjs'],
  testRunnerNodeArgs: ['--import=tsx'],
  coverageAnalysis: 'perTest',
  // What runs once, when a module is loaded, is data: the declarations of options, examples, texts.
  ignoreStatic: true,
  mutator: { plugins: null, excludedMutations: ['StringLiteral'] },
  incremental: true,
  incrementalFile,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: `runs/mutation/${name}.json` },
  clearTextReporter: {
    allowColor: false,
    allowEmojis: false,
    logTests: false,
    reportTests: false,
    reportMutants: true,
    reportScoreTable: true,
    skipFull: false,
  },
  concurrency: Number(process.env['CONCURRENCY'] ?? 2),
  timeoutMS: 4000,
  timeoutFactor: 1.25,
  ignorePatterns: [
    'dist',
    'docs',
    'examples',
    'runs',
    'coverage',
    'tests/benchmarks',
    'tests/mutants/stryker',
  ],
  tempDirName: 'runs/stryker',
  allowConsoleColors: false,
}).runMutationTest();

slim(incrementalFile);

const count = (...statuses: readonly string[]): number =>
  results.filter(({ status }) => statuses.includes(status)).length;
const killed = count('Killed', 'Timeout');
const alive = count('Survived', 'NoCoverage');
console.log(
  `${folder}: ${killed} of ${killed + alive} mutants killed (${count('Timeout')} by time), ` +
    `${((100 * killed) / (killed + alive)).toFixed(2)} %; ${count('Ignored')} of data were left out.`,
);

/** Keeps of a report what the next run asks for: no machine, no settings, no mutants that are never run. */
function slim(file: string): void {
  const { files, testFiles: tests, schemaVersion, thresholds } = JSON.parse(readFileSync(file, 'utf8'));
  for (const one of Object.values<{ mutants: { status: string }[] }>(files)) {
    one.mutants = one.mutants.filter(({ status }) => status !== 'Ignored');
  }
  const kept = { schemaVersion, thresholds, files, testFiles: tests };
  writeFileSync(file, `${JSON.stringify(kept)}\n`);
}
