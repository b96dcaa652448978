// Runtimes that run the installed package without a bundler.
import { commonjs, esm, judged } from './program.mjs';
import { inProject, output } from './project.mjs';
import { runtime } from './tools.mjs';

/** Runs a file of a project by a runtime. */
const ran =
  (tool, files, args, kernels = 'wasm') =>
  async (template) => {
    const { binary, version } = runtime(tool);
    return inProject(template, files, (folder) => ({
      version,
      kernels: judged(output(binary, args, folder), kernels),
    }));
  };

const asModule = () => ({ 'program.mjs': esm() });
const asScript = () => ({ 'program.cjs': commonjs() });

const node = [20, 22, 24].flatMap((major) => [
  { name: `Node ${major}, ES module`, run: (at) => ran(`node-${major}`, asModule(), ['program.mjs'])(at) },
  { name: `Node ${major}, CommonJS`, run: (at) => ran(`node-${major}`, asScript(), ['program.cjs'])(at) },
]);

/** Globals that older or smaller hosts lack, deleted before the package is imported. */
const MISSING = [
  'FinalizationRegistry',
  'WeakRef',
  'structuredClone',
  'SharedArrayBuffer',
  'performance',
  'MessageChannel',
];

const without = (names) => ({
  ...asModule(),
  'first.mjs': `${names.map((name) => `delete globalThis.${name};`).join('\n')}\nawait import('./program.mjs');\n`,
});

const THREAD = `import { Worker } from 'node:worker_threads';
new Worker(new URL('./program.mjs', import.meta.url)).on('error', (error) => { throw error; });
`;

const hosts = [
  {
    name: 'Node 22, CommonJS without require of ES modules (as Jest)',
    run: (at) => ran('node-22', asScript(), ['--no-experimental-require-module', 'program.cjs'])(at),
  },
  {
    name: 'Node 22 --disallow-code-generation-from-strings',
    run: (at) => ran('node-22', asModule(), ['--disallow-code-generation-from-strings', 'program.mjs'])(at),
  },
  {
    name: 'Node 22 --jitless, which has no WebAssembly',
    run: (at) => ran('node-22', asModule(), ['--jitless', 'program.mjs'], 'js')(at),
  },
  {
    name: 'Node 24 --permission, which reads only the project',
    run: (at) => ran('node-24', asModule(), ['--permission', '--allow-fs-read=.', 'program.mjs'])(at),
  },
  {
    name: 'Node 20 without FinalizationRegistry, WeakRef, structuredClone, performance and MessageChannel',
    run: (at) => ran('node-20', without(MISSING), ['first.mjs'])(at),
  },
  {
    name: 'Node 20 without FinalizationRegistry, structuredClone and WebAssembly',
    run: (at) =>
      ran(
        'node-20',
        without(['FinalizationRegistry', 'structuredClone', 'WebAssembly']),
        ['first.mjs'],
        'js',
      )(at),
  },
  {
    name: 'Node 22, worker thread',
    run: (at) => ran('node-22', { ...asModule(), 'thread.mjs': THREAD }, ['thread.mjs'])(at),
  },
];

const others = [
  {
    name: 'Deno',
    run: (at) =>
      ran('deno', asModule(), ['run', '--no-remote', '--node-modules-dir=manual', 'program.mjs'])(at),
  },
  { name: 'Bun, ES module', run: (at) => ran('bun', asModule(), ['program.mjs'])(at) },
  { name: 'Bun, CommonJS', run: (at) => ran('bun', asScript(), ['program.cjs'])(at) },
];

export const runtimes = [...node, ...hosts, ...others].map((one) => ({ group: 'Runtimes', ...one }));
