import { expect } from 'chai';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { whereBuilt } from '../../package/built.js';
import { importedJudge, judge } from './judge.js';

// The declarations are read by compilers other than ours, and the package is resolved by rules other than ours.

/** What is used of @arethetypeswrong/core. */
interface Wrong {
  createPackageFromTarballData(tarball: Uint8Array): unknown;
  checkPackage(made: unknown): Promise<{ readonly problems: unknown; readonly entrypoints: object }>;
}

/** What is used of publint. */
interface Publint {
  publint(options: object): Promise<{ readonly messages: unknown }>;
}

const PROGRAM = `
import { tensor, vjp, createNormalizationLayer, normalization, layerNorm, type Tensor } from 'normtape';
import { tensor as plain } from 'normtape/js';
import { fit } from 'normtape/train';
import { digits } from 'normtape/data';
import { saveModel } from 'normtape/io';
import { verifyNormalization } from 'normtape/verify';
import 'normtape/wasm';
const layer = createNormalizationLayer('rms_norm', { epsilon: 1e-5 });
const y: Tensor = layer.forward(tensor([[1, 2]]));
const first: number = y.value.get(0, 0);
// @ts-expect-error rms_norm has no such option.
createNormalizationLayer('rms_norm', { epsilom: 1e-5 });
// @ts-expect-error An element is a number.
const text: string = y.value.get(0, 0);
export const used = [first, text, vjp, plain, fit, digits, saveModel, verifyNormalization, normalization(layerNorm)];
`;

describe('the package, for other compilers and rules of resolution', function () {
  this.timeout(240_000);
  before(whereBuilt('dist/cjs/index.js'));

  for (const version of ['5.0', '5.4'] as const)
    for (const [title, file, mode] of [
      [
        'a CommonJS file, by the rules of Node 16',
        'program.cts',
        ['--module', 'node16', '--moduleResolution', 'node16'],
      ],
      ['a bundler', 'program.ts', ['--module', 'esnext', '--moduleResolution', 'bundler']],
    ] as const) {
      it(`compiles with TypeScript ${version} for ${title}, with every declaration checked`, function () {
        judge(this, `typescript-${version}`);
        const project = mkdtempSync(join(tmpdir(), 'normtape-compiled-'));
        try {
          mkdirSync(join(project, 'node_modules', '@types'), { recursive: true });
          const installed = ['fast-check', 'pure-rand', 'fflate', 'pbf', '@types/ndarray'];
          for (const name of installed)
            symlinkSync(resolve('node_modules', name), join(project, 'node_modules', name));
          symlinkSync(resolve('.'), join(project, 'node_modules', 'normtape'));
          writeFileSync(join(project, file), PROGRAM);
          const compiler = resolve(`tests/peers/node_modules/typescript-${version}/lib/tsc.js`);
          const flags = ['--noEmit', '--strict', '--target', 'es2022', '--skipLibCheck', 'false'];
          const { stdout, status } = spawnSync(process.execPath, [compiler, ...flags, ...mode, file], {
            cwd: project,
            encoding: 'utf8',
          });
          expect(stdout).to.equal('');
          expect(status).to.equal(0);
        } finally {
          rmSync(project, { recursive: true, force: true });
        }
      });
    }

  describe('packed', () => {
    let folder: string;
    let tarball: Uint8Array;
    before(() => {
      folder = mkdtempSync(join(tmpdir(), 'normtape-packed-'));
      const args = ['pack', '--json', '--ignore-scripts', '--offline', '--pack-destination', folder];
      const [{ filename }] = JSON.parse(execFileSync('npm', args, { encoding: 'utf8', stdio: 'pipe' })) as [
        { readonly filename: string },
      ];
      tarball = readFileSync(join(folder, filename));
    });
    after(() => {
      if (folder) rmSync(folder, { recursive: true, force: true });
    });

    it('has types that fit the files, by every rule of resolution', async function () {
      const { checkPackage, createPackageFromTarballData } = (await importedJudge(
        this,
        '@arethetypeswrong/core',
      )) as Wrong;
      const { problems, entrypoints } = await checkPackage(createPackageFromTarballData(tarball));
      expect(problems).to.deep.equal([]);
      expect(Object.keys(entrypoints)).to.include.members(['.', './js', './verify', './io']);
    });

    it('is described as publint demands', async function () {
      const { publint } = (await importedJudge(this, 'publint')) as Publint;
      const { messages } = await publint({ pack: { tarball: Uint8Array.from(tarball).buffer } });
      expect(messages).to.deep.equal([]);
    });
  });
});
