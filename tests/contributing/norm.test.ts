import { expect } from 'chai';
import { readFileSync } from 'node:fs';
import { inCopy } from './copy.js';

/** The imports of a definition inside the library, in place of those of the package. */
const INSIDE = [
  "import * as array from '../../array/index.js';",
  "import * as formulas from '../formula.js';",
  "import * as laws from '../laws/index.js';",
  "import { norm } from '../norm.js';",
  "import * as option from '../option.js';",
  "import * as parts from '../parts/index.js';",
].join('\n');

const DEFINITION = 'src/norms/definitions/mean-size-norm.ts';
const CATALOG = 'src/norms/catalog.ts';

describe('the recipe for a norm', () => {
  const copy = inCopy((tree) => {
    const own = readFileSync('examples/my-norm.ts', 'utf8');
    const inside = own.replace(/import \{[^}]*\} from 'normtape';/, INSIDE);
    expect(inside).not.to.equal(own);
    // Another name: tests of the command add the example itself.
    tree.write(
      DEFINITION,
      inside.replaceAll('mean_absolute_norm', 'mean_size_norm').replaceAll('meanAbsolute', 'meanSize'),
    );
    tree.append(CATALOG, "export { meanSizeNorm } from './definitions/mean-size-norm.js';");
  });

  it('takes one file and one line', () => {
    expect(copy().edits()).to.deep.equal({ [CATALOG]: 1, [DEFINITION]: 1 });
  });

  it('suffices: the norm is documented, and its claims, derivation and vectors are tried', function () {
    this.timeout(300_000);
    copy().docs();
    expect(copy().read('docs/norms/mean_size_norm.md')).to.include('## Backward pass');
    expect(copy().read('README.md')).to.include('docs/norms/mean_size_norm.md');
    // Every suite over the catalog names the types that it tries; the others are about the list of types.
    const suites = [
      ...['tests/norms/**/*.test.ts', 'tests/oracle/*.test.ts', 'tests/architecture.test.ts'],
      ...['tests/contract/norms.test.ts', 'tests/docs/{guide,links,snippets}.test.ts', 'tests/docs.test.ts'],
    ];
    // The example is not rescued from overflow, which only numbers near the largest one show, and few draws have.
    const own = 'mean_size_norm(?!.*without overflow)';
    const listing =
      'fifteen|themselves|every type|in the README|normalization (type|layer):|Information about';
    expect(copy().mocha(suites, new RegExp(`${own}|definition|${listing}`, 'i'))).to.be.at.least(25);
  });
});
