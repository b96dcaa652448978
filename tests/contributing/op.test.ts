import { expect } from 'chai';
import { inCopy } from './copy.js';

const FAMILY = 'src/ops/arithmetic.ts';
const CATALOG = 'src/ops/catalog.ts';
const TRIALS = 'tests/ops/trials.ts';

const RULE = `
/** arctan a: d arctan a = da / (1 + a²). */
export const atan = primitive('atan', (a: NdArray) => ({
  value: array.map(a, Math.atan),
  pullback: (g) => [array.zip(g, a, (dy, x) => dy / (1 + x * x))],
}));`;

describe('the recipe for an op', () => {
  const copy = inCopy((tree) => {
    tree.append(FAMILY, RULE);
    tree.append(CATALOG, "export { atan } from './arithmetic.js';");
    tree.insert(TRIALS, '  tanh: [', '  atan: [unary(ops.atan)],\n');
  });

  it('takes a rule, a line in the catalog and a trial', () => {
    expect(copy().edits()).to.deep.equal({ [FAMILY]: 1, [CATALOG]: 1, [TRIALS]: 1 });
  });

  it('suffices: the op has its types, page, gradient check and calls with wrong arguments', function () {
    this.timeout(300_000);
    copy().docs();
    expect(copy().read('docs/op-reference.md')).to.include('- `atan`: arctan a: d arctan a = da / (1 + a²).');
    copy().types(CATALOG, TRIALS);
    const suites = ['tests/ops/gradients.test.ts', 'tests/docs/ops.test.ts', 'tests/fuzz/exports.test.ts'];
    expect(copy().mocha(suites, /the ops (atan|are all)|pages of ops|valid call/)).to.equal(7);
  });
});
