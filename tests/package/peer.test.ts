import { expect } from 'chai';
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { whereBuilt } from './built.js';

const KINDS = {
  import: "import { verifyNormalization } from 'normtape/verify'; import { norms } from 'normtape';",
  require:
    "const { createRequire } = process.getBuiltinModule('node:module'); const require = createRequire(process.cwd() + '/');" +
    "const { verifyNormalization } = require('normtape/verify'); const { norms } = require('normtape');",
};

let project: string;
before(whereBuilt('dist/node/verify/checked.js'));
before(() => {
  project = mkdtempSync(join(tmpdir(), 'normtape-peer-'));
  const installed = join(project, 'node_modules', 'normtape');
  mkdirSync(installed, { recursive: true });
  for (const part of ['package.json', 'dist']) cpSync(part, join(installed, part), { recursive: true });
});
after(() => {
  if (project) rmSync(project, { recursive: true, force: true });
});

const run = (program: string, ...flags: readonly string[]) =>
  spawnSync(process.execPath, [...flags, '--input-type=module', '-e', program], {
    cwd: project,
    encoding: 'utf8',
  });
const install = (name: string): (() => void) => {
  const place = join(project, 'node_modules', name);
  symlinkSync(resolve('node_modules', name), place);
  return () => rmSync(place);
};

describe('normtape/verify, installed', () => {
  const program = 'console.log(verifyNormalization(norms.rms_norm, { runs: 2 }).ok);';

  for (const [kind, first] of Object.entries(KINDS)) {
    it(`says what to install if fast-check is missing, by ${kind}`, () => {
      const { stderr, status } = run(`${first} ${program}`);
      expect(status).to.equal(1);
      expect(stderr).to.include(
        'NormtapeError: normtape/verify: expected the package fast-check, version 4, received "nothing of that name". ' +
          'Add it with npm install --save-dev fast-check.',
      );
    });

    it(`runs by ${kind} if fast-check is installed`, () => {
      const remove = install('fast-check');
      try {
        const { stdout, stderr } = run(`${first} ${program}`);
        expect([stdout, stderr.replace(/^.*ExperimentalWarning[^]*$/m, '')]).to.deep.equal(['true\n', '']);
      } finally {
        remove();
      }
    });
  }

  for (const [title, options] of Object.entries({
    'for pages': { platform: 'browser', format: 'iife' },
    'for Node, as CommonJS': { platform: 'node', format: 'cjs' },
  } as const)) {
    it(`is bundled as one script ${title}`, async () => {
      const removals = ['fast-check', 'ndarray', 'pure-rand'].map(install);
      const { outputFiles } = await build({
        stdin: { contents: `${KINDS.import} ${program}`, resolveDir: project },
        bundle: true,
        write: false,
        logLevel: 'silent',
        ...options,
      }).finally(() => removals.forEach((remove) => remove()));
      const { stdout } = spawnSync(process.execPath, ['--input-type=commonjs', '-'], {
        input: outputFiles[0]!.text,
        encoding: 'utf8',
      });
      expect(stdout).to.equal('true\n');
    });
  }
});

describe('normtape/io, installed', () => {
  const program =
    "import { Dense, Sequential, zeros } from 'normtape'; import { readKeras, writeKeras } from 'normtape/io';" +
    'const model = new Sequential([new Dense(2)]); model.forward(zeros([1, 3]));' +
    'const again = await readKeras(await writeKeras(model, [3])); console.log(again.built);';

  it('says what to install if h5wasm is missing, to those who read files of Keras', () => {
    const { stderr, status } = run(program);
    expect(status).to.equal(1);
    expect(stderr).to.include(
      'NormtapeError: writeKeras: expected the package h5wasm, which reads and writes HDF5, received "nothing of that name". ' +
        'Add it with npm install h5wasm.',
    );
  });

  it('is bundled for pages if h5wasm is missing, without a warning', async () => {
    const removals = ['ndarray', 'pure-rand', 'fflate', 'pbf'].map(install);
    const { warnings } = await build({
      stdin: { contents: "import { readNpy } from 'normtape/io'; readNpy;", resolveDir: project },
      bundle: true,
      write: false,
      logLevel: 'silent',
      platform: 'browser',
    }).finally(() => removals.forEach((remove) => remove()));
    expect(warnings).to.deep.equal([]);
  });

  it('reads files of Keras if h5wasm is installed', () => {
    const remove = install('h5wasm');
    try {
      const { stdout, stderr } = run(program);
      expect([stdout, stderr]).to.deep.equal(['true\n', '']);
    } finally {
      remove();
    }
  });
});
