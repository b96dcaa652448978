import { Stryker } from '@stryker-mutator/core';
import { readdirSync } from 'node:fs';
import { basename } from 'node:path';

// One folder of src at a time, against the tests that are its own: npm run mutation -- src/norms

/** Where the tests of a folder lie beside those of its own name. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  kernels: [
    'tests/kernels',
    'tests/array',
    'tests/conformance/ops.test.ts',
    'tests/conformance/optimizers.test.ts',
  ],
  array: ['tests/array', 'tests/ops', 'tests/autograd/tensor.test.ts'],
  autograd: ['tests/autograd', 'tests/ops/gradients.test.ts', 'tests/conformance/second-order.test.ts'],
  ops: ['tests/ops', 'tests/conformance/ops.test.ts'],
  norms: ['tests/norms', 'tests/conformance/norms.test.ts'],
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

const testFiles = places.flatMap((place) =>
  place.endsWith('.ts')
    ? [place]
    : readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts'))
        .map((file) => `${place}/${file}`),
);

process.env['RUNS'] ??= '20';

const results = await new Stryker({
  mutate: [`src/${name}/**/*.ts`],
  testFiles: ['tests/support/setup.ts', 'tests/mutants/setup.ts', ...testFiles],
  testRunner: 'mocha',
  plugins: [new URL('runner.mjs', import.meta.url).pathname],
  testRunnerNodeArgs: ['--import=tsx'],
  coverageAnalysis: 'perTest',
  // What runs once, when a module is loaded, is data: the declarations of options, examples, texts.
  ignoreStatic: true,
  mutator: { plugins: null, excludedMutations: ['StringLiteral'] },
  incremental: true,
  incrementalFile: `tests/mutants/stryker/${name}.json`,
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
  timeoutMS: 10_000,
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

const count = (...statuses: readonly string[]): number =>
  results.filter(({ status }) => statuses.includes(status)).length;
const killed = count('Killed', 'Timeout');
const alive = count('Survived', 'NoCoverage');
console.log(
  `${folder}: ${killed} of ${killed + alive} mutants killed (${count('Timeout')} by time), ` +
    `${((100 * killed) / (killed + alive)).toFixed(2)} %; ${count('Ignored')} of data were left out.`,
);
