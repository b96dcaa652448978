import { expect } from 'chai';
import { existsSync } from 'node:fs';
import { applied } from './patch.js';
import { inapplicable, patches } from './patches/index.js';

describe('the wrong implementations', () => {
  for (const patch of patches) {
    it(`"${patch.name}" is still one change of the source`, () => {
      expect(applied(patch).size).to.be.above(0);
    });
  }

  it('stand for every number of the list, and have names of their own', () => {
    const numbers = new Set([...patches, ...inapplicable].flatMap(({ stands }) => stands));
    expect([...numbers].sort((a, b) => a - b)).to.deep.equal(Array.from({ length: 62 }, (_, i) => i + 1));
    expect(new Set(patches.map(({ name }) => name)).size).to.equal(patches.length);
  });

  it('name tests that there are, and say why nothing sees the few that are right', () => {
    for (const { name, red, equivalent } of patches) {
      expect(red, name).not.to.deep.equal([]);
      for (const { file } of red) expect(existsSync(file), file).to.equal(true);
      if (equivalent !== undefined) expect(equivalent, name).to.match(/\.$/);
    }
  });
});
