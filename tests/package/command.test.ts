import { expect } from 'chai';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { whereBuilt } from './built.js';

const COMMAND = 'dist/cli/main.js';

const normtape = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

// Other tests run the sources; only here it shows that what npm installs can be started.
describe('the command as it is built', () => {
  before(whereBuilt(COMMAND));

  it('starts, and knows its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(normtape('--version').trim()).to.equal(version);
  });

  it('tells about a norm', () => {
    expect(JSON.parse(normtape('info', 'rms_norm', '--json'))).to.have.property('description');
  });

  it('ends in silence when nobody reads on', async () => {
    const child = spawn(process.execPath, [COMMAND, 'info', '--json'], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.destroy();
    let said = '';
    child.stderr.on('data', (chunk) => (said += String(chunk)));
    const [code] = (await once(child, 'close')) as [number];
    expect([code, said]).to.deep.equal([0, '']);
  });
});
