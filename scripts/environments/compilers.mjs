// Releases of TypeScript, which check every declaration by each of their rules of resolution; Node runs what they write.
import { fewerTypes, judged, types, typescript } from './program.mjs';
import { inProject, output } from './project.mjs';
import { installed } from './tools.mjs';

const OPTIONS = {
  strict: true,
  target: 'es2022',
  lib: ['es2022', 'dom'],
  types: [],
  skipLibCheck: false,
  rootDir: '.',
  outDir: 'out',
};

/** Rules of resolution, and whether a file is an ES module or CommonJS. */
const RULES = {
  'node10, all but normtape/verify': { module: 'commonjs', moduleResolution: 'node10', type: 'commonjs' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', type: 'module' },
  'node16, ES module': { module: 'node16', moduleResolution: 'node16', type: 'module' },
  'node16, CommonJS': { module: 'node16', moduleResolution: 'node16', type: 'commonjs' },
  'nodenext, ES module': { module: 'nodenext', moduleResolution: 'nodenext', type: 'module' },
  'nodenext, CommonJS': { module: 'nodenext', moduleResolution: 'nodenext', type: 'commonjs' },
};

/** The releases. The oldest rules are deprecated in 6, and gone in 7. */
const RELEASES = [
  { release: '5.0', node10: {} },
  { release: '5.4', node10: {} },
  { release: '5.9', node10: {} },
  { release: '6', node10: { ignoreDeprecations: '6.0' } },
  { release: '7' },
];

/** Compiles the program in a project, and runs it. */
async function compiled(template, tool, type, compilerOptions) {
  const { folder: compiler, version } = installed(tool);
  const files = {
    'package.json': JSON.stringify({ private: true, type }),
    'tsconfig.json': JSON.stringify({ compilerOptions, files: ['program.ts', 'typed.ts'] }),
    'program.ts': typescript(),
    // The declarations of fast-check, which normtape/verify needs, cannot be resolved by the oldest rules.
    'typed.ts': compilerOptions.moduleResolution === 'node10' ? fewerTypes() : types(),
  };
  return inProject(template, files, (folder) => {
    output(process.execPath, [`${compiler}/bin/tsc`, '-p', '.'], folder);
    return { version, kernels: judged(output(process.execPath, ['out/program.js'], folder), 'wasm') };
  });
}

export const compilers = RELEASES.flatMap(({ release, node10 }) =>
  Object.entries(RULES)
    .filter(([, { moduleResolution }]) => node10 || moduleResolution !== 'node10')
    .map(([rule, { type, ...rules }]) => ({
      group: 'TypeScript',
      name: `TypeScript ${release}, ${rule}`,
      run: (template) =>
        compiled(template, `typescript-${release}`, type, {
          ...OPTIONS,
          ...rules,
          ...(rules.moduleResolution === 'node10' && node10),
        }),
    })),
);
