import { expect } from 'chai';
import { runs } from '../support/runs.js';
import { fuzz } from './door.js';
import { doors } from './doors/index.js';

describe('untrusted input', () => {
  for (const door of doors)
    it(`is accepted or causes a NormtapeError: ${door.name}`, async () => {
      const { finding } = await fuzz(door, runs(2 * (door.share ?? 1)));
      expect(finding, finding).to.equal(undefined);
    });
});
