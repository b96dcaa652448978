import { expect } from 'chai';
import { runs } from '../support/runs.js';
import { fuzz } from './door.js';
import { doors } from './doors/index.js';

describe('input from strangers', () => {
  for (const door of doors)
    it(`gets a NormtapeError or is taken: ${door.name}`, async () => {
      const { finding } = await fuzz(door, runs(2 * (door.share ?? 1)));
      expect(finding, finding).to.equal(undefined);
    });
});
