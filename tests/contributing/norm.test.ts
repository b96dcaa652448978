import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { inCopy } from './copy.js';

/** The imports of a definition inside the library, in place of those of the package. */
const INSIDE = [
  "import * as array from '../../array/index.js';",
  "import * as formulas from '../formula.js';",
  "import * as laws from '../invariants.js';",
  "import { norm } from '../norm.js';",
  "import * as option from '../option.js';",
  "import * as parts from '../parts/index.js';",
].join('\n');

const DEFINITION = 'src/norms/definitions/mean-absolute-norm.ts';
const CATALOG = 'src/norms/catalog.ts';

describe('the recipe for a norm', () => {
  const copy = inCopy((tree) => {
    const own = readFileSync('examples/my-norm.ts', 'utf8');
    const inside = own.replace(/import \{[^}]*\} from 'normtape';/, INSIDE);
    expect(inside).not.to.equal(own);
    tree.write(DEFINITION, inside);
    tree.append(CATALOG, "export { meanAbsoluteNorm } from './definitions/mean-absolute-norm.js';");
  });

  it('takes one file and one line', () => {
    expect(copy().edits()).to.deep.equal({ [CATALOG]: 1, [DEFINITION]: 1 });
  });

  it('suffices: the norm is documented, and its claims, derivation and vectors are tried', function () {
    this.timeout(120_000);
    copy().docs();
    expect(copy().read('docs/norms/mean_absolute_norm.md')).to.include('## Backward pass');
    // Every suite over the catalog names the types that it tries.
    const suites = ['tests/norms/**/*.test.ts', 'tests/oracle/*.test.ts', 'tests/architecture.test.ts'];
    expect(copy().mocha(suites, /mean_absolute_norm|definition/)).to.be.at.least(15);
  });
});
