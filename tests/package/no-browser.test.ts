import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { mochaArguments } from '../support/mocha.js';

describe('the tests on a machine without a browser', () => {
  it('skip tests that need one, and pass', () => {
    const env = { ...process.env, CHROMIUM: '/nonexistent', NORMTAPE_BROWSER: '' };
    const args = mochaArguments('tests/browser/**/*.test.ts');
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
    expect([status, stderr], stdout).to.deep.equal([0, '']);
    expect(stdout)
      .to.match(/skipped: no browser at \/nonexistent/)
      .and.match(/ 0 passing/);
    expect(stdout)
      .to.match(/ \d+ pending/)
      .and.not.match(/failing/);
  }).timeout(60_000);
});
