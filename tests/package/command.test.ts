import { expect } from 'chai';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';

const COMMAND = 'dist/cli/main.js';

const normtape = (...args: readonly string[]): string =>
  execFileSync(process.execPath, [COMMAND, ...args], { encoding: 'utf8' });

// Other tests run the sources; only here it shows that what npm installs can be started.
describe('the command as it is built', () => {
  before(function () {
    if (existsSync(COMMAND)) return;
    console.log(`    skipped: no ${COMMAND}; npm run build makes it`);
    this.skip();
  });

  it('starts, and knows its version', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    expect(normtape('--version').trim()).to.equal(version);
  });

  it('tells about a norm', () => {
    expect(JSON.parse(normtape('info', 'rms_norm', '--json'))).to.have.property('description');
  });

  it('ends in silence when nobody reads on', () => {
    const shell = `"${process.execPath}" ${COMMAND} info --json | head -c 10`;
    expect(execFileSync('sh', ['-c', `${shell} 2>&1`], { encoding: 'utf8' })).to.have.length(10);
  });
});
