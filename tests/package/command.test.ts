import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { whereBuilt } from './built.js';

const COMMAND = 'dist/cli/main.js';

const normtape = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

// Other tests run the sources; only this one shows that the installed command starts.
describe('the built command', () => {
  before(whereBuilt(COMMAND));

  it('starts, and prints its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(normtape('--version').trim()).to.equal(version);
  });

  it('describes a norm', () => {
    expect(JSON.parse(normtape('info', 'rms_norm', '--json'))).to.have.property('description');
  });

  it('loads a norm in TypeScript with its imports, and the running copy of the package', () => {
    const path = mkdtempSync(join(tmpdir(), 'normtape-'));
    try {
      writeFileSync(join(path, 'factor.ts'), 'export enum Factor { half = 0.5 }\n');
      // The built-in norms are left out of the list only if they are the very same objects.
      const script = readFileSync('examples/my-norm.ts', 'utf8').replace('export const', 'const');
      const catalog = `
        import { defineNormalizations, norms } from 'normtape';
        import { fit } from 'normtape/train';
        import { Factor } from './factor.js';
        export const size: number = Factor.half + fit.length;
        export const mine = defineNormalizations({ ...norms, mean_absolute_norm: meanAbsoluteNorm });
      `;
      writeFileSync(join(path, 'mine.ts'), script + catalog);
      const told = JSON.parse(normtape('info', join(path, 'mine.ts'), '--json')) as { description: string };
      expect(told.description).to.match(/^Divides by the mean magnitude/);
      expect(normtape('gradcheck', join(path, 'mine.ts'))).to.include('its gradients are right');
    } finally {
      rmSync(path, { recursive: true });
    }
  });

  it('exits silently when its reader stops', async () => {
    const child = spawn(process.execPath, [COMMAND, 'info', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said]).to.deep.equal([0, '']);
  });
});
