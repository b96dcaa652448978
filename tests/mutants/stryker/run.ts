import { Stryker } from '@stryker-mutator/core';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

// One folder of src at a time, against the tests that are its own: npm run mutation -- src/norms

const ofNorms = (name: string): string => `norms/${name}.test.ts`;

const NORMS = [
  'factory',
  'layer',
  'batch-norm',
  'far',
  'extremes',
  'clamp',
  'identities',
  'laws',
  'magnitudes',
  'refusals',
].map(ofNorms);

const OF_NORMS = ['conformance/norms.test.ts', ...NORMS, 'norms/definitions.test.ts'];

interface Part {
  /** Which tests speak for a folder, those first that are fast and see much. */
  readonly tests: readonly string[];
  /**
   * What they run with; left out: the general kernels, since compiled and unrolled ones would hide a change of those. The
   * memory of arrays is that of the compiled ones alone.
   */
  readonly kernels?: 'wasm' | 'js';
  /** What has a run of its own. */
  readonly without?: readonly string[];
  /** Files of src outside the folder that its tests speak for. */
  readonly also?: readonly string[];
}

const PARTS: Readonly<Record<string, Part>> = {
  kernels: {
    tests: [
      ...['kernels', 'array', 'conformance/ops.test.ts', 'conformance/optimizers.test.ts'],
      ...['norms/far.test.ts', 'norms/clamp.test.ts', 'norms/extremes.test.ts', 'conformance/norms.test.ts'],
    ],
    without: ['wasm', 'js/unrolled', 'js/generated'],
  },
  'kernels/wasm': {
    tests: ['kernels/wasm', 'array/memory.test.ts', 'array/normalize.test.ts', 'norms/far.test.ts'],
    kernels: 'wasm',
    // Compiled long before: scripts/build-kernels.mjs makes text of it, which no mutant reaches.
    without: ['assembly', 'binaries', 'exports.ts'],
  },
  'kernels/js/unrolled': { tests: ['kernels/unrolled.test.ts', 'array', 'norms/far.test.ts'], kernels: 'js' },
  array: {
    tests: [
      ...['array', 'autograd/tensor.test.ts', 'conformance/ops.test.ts', 'ops'],
      ...['contract/arrays.test.ts', 'contract/numerics.test.ts'],
      ...['optim/optimizers.test.ts', 'conformance/optimizers.test.ts'],
      // Fused passes and rescues from overflow are called by norms alone.
      ...['offsets', 'modulated-norm', 'partial-rms-norm', 'layer', 'exact', 'far', 'extremes'].map(ofNorms),
      ...['subnormal-length', 'masked-extremes', 'intruders'].map(ofNorms),
      ...['kernels/extremes.test.ts', 'conformance/norms.test.ts'],
    ],
    without: ['memory', 'lifetime.ts'],
  },
  'array/memory': {
    tests: [
      ...['array/memory.test.ts', 'array/deferred.test.ts', 'autograd/scope.test.ts'],
      ...['autograd/retired.test.ts', 'autograd/shared-memory.test.ts', 'autograd/unscoped.test.ts'],
      ...['array/lifetime.test.ts', 'nn/snapshot.test.ts'],
    ],
    kernels: 'wasm',
    also: ['array/lifetime.ts'],
  },
  autograd: {
    tests: [
      ...['autograd', 'contract/differentiation.test.ts', 'contract/errors.test.ts', 'nn/anomaly.test.ts'],
      ...['conformance/second-order.test.ts', 'nn/module.test.ts', 'optim/optimizers.test.ts'],
    ],
    kernels: 'wasm',
  },
  ops: {
    tests: [
      ...['ops', 'autograd/tensor.test.ts', 'conformance/ops.test.ts', 'nn/more-layers.test.ts'],
      // What an op says of itself to a graph shows there.
      'io/graph/ops.test.ts',
    ],
  },
  norms: {
    tests: ['conformance/norms.test.ts', 'norms', 'cli/choose.test.ts', 'docs/guide.test.ts'],
    without: ['laws', 'parts', 'definitions', 'weights'],
  },
  'norms/parts': { tests: OF_NORMS },
  'norms/definitions': { tests: OF_NORMS },
  'norms/weights': { tests: ['norms/weights', 'conformance/weights.test.ts', ...OF_NORMS] },
  'norms/laws': { tests: ['norms/laws.test.ts'] },
};

/** What compares source files with what is generated from them, and times: mutated code has switches in it, which both show. */
const OF_SOURCES = ['unrolled.test.ts', 'binaries.test.ts', 'speed.test.ts'];

const [folder = ''] = process.argv.slice(2);
const name = folder.replace(/^src\/|\/$/g, '');
const part = PARTS[name];
if (!part) {
  console.error(
    `Which folder? One of ${Object.keys(PARTS).join(', ')}, as in npm run mutation -- src/norms.`,
  );
  process.exit(2);
}

const testFiles = part.tests.flatMap((test) => {
  const place = `tests/${test}`;
  return place.endsWith('.ts')
    ? [place]
    : readdirSync(place, { recursive: true, encoding: 'utf8' })
        .filter((file) => file.endsWith('.test.ts') && !OF_SOURCES.some((name) => file.endsWith(name)))
        .map((file) => `${place}/${file}`);
});

process.env['RUNS'] ??= '12';
process.env['KERNELS'] = part.kernels ?? 'general';
const label = name.replaceAll('/', '-');
const incrementalFile = `tests/mutants/stryker/${label}.json`;

const results = await new Stryker({
  mutate: [
    `src/${name}/**/*.ts`,
    ...(part.also ?? []).map((path) => `src/${path}`),
    ...(part.without ?? []).map((path) => excluded(`src/${name}/${path}`)),
  ],
  testFiles: ['tests/support/setup.ts', 'tests/mutants/setup.ts', ...testFiles],
  testRunner: 'mocha',
  plugins: ['./tests/mutants/stryker/runner.mjs'],
  testRunnerNodeArgs: ['--import=tsx', '--import=./tests/support/import.mjs'],
  coverageAnalysis: 'perTest',
  // What runs once, when a module is loaded, is data: the declarations of options, examples, texts.
  ignoreStatic: true,
  mutator: { plugins: null, excludedMutations: ['StringLiteral'] },
  incremental: true,
  incrementalFile,
  reporters: ['progress-append-only', 'clear-text', 'json'],
  jsonReporter: { fileName: `runs/mutation/${label}.json` },
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
  // Generous, since a machine with other work would count what is only slow as killed.
  timeoutMS: 10_000,
  timeoutFactor: 2,
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

/** A file, or all of a folder, as what is not to be mutated. */
function excluded(path: string): string {
  return path.endsWith('.ts') ? `!${path}` : `!${path}/**`;
}

/** Keeps of a report what the next run asks for: no machine, no settings, no mutants that are never run. */
function slim(file: string): void {
  const { files, testFiles: tests, schemaVersion, thresholds } = JSON.parse(readFileSync(file, 'utf8'));
  for (const one of Object.values<{ mutants: { status: string; statusReason?: string }[] }>(files)) {
    one.mutants = one.mutants.filter(({ status }) => status !== 'Ignored');
    for (const mutant of one.mutants) delete mutant.statusReason;
  }
  const kept = { schemaVersion, thresholds, files, testFiles: tests };
  writeFileSync(file, `${JSON.stringify(kept)}\n`);
}
