import { expect } from 'chai';
import fc from 'fast-check';
import { fc as kit } from '../../src/verify/peer.js';

describe('the settings of the tests', () => {
  it('apply to every test, with and without the kit', () => {
    expect(kit).to.equal(fc);
    expect(fc.readConfigureGlobal().numRuns).to.equal(Number(process.env['RUNS'] ?? 100));
  });
});
