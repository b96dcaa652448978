import { expect } from 'chai';
import { inCopy } from './copy.js';

const FILE = 'src/nn/scaling.ts';
const INDEX = 'src/js.ts';
const SAMPLES = 'tests/nn/samples.ts';

const LAYER = `import type { Tensor } from '../autograd/tape.js';
import { mul } from '../ops/catalog.js';
import { type Given, number, plain, resolve } from '../option/index.js';
import { ARGUMENTS } from './construction.js';
import { demandTensor } from './input.js';
import { Module } from './module.js';

const OPTIONS = { factor: number(2, 'What inputs are multiplied by.', { explore: [-2, 2] }) };

/** The options of \`Scaling\`; each has a default. */
export type ScalingOptions = Given<typeof OPTIONS>;

/** Multiplies inputs by a number. */
export class Scaling extends Module {
  readonly factor: number;

  constructor(given: ScalingOptions = {}) {
    super();
    this.factor = resolve('Scaling', OPTIONS, plain('Scaling', given)).factor;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [{ factor: this.factor }];
  }

  override forward(x: Tensor): Tensor {
    demandTensor('Scaling', x);
    return mul(x, this.factor);
  }
}
`;

describe('the recipe for a layer', () => {
  const copy = inCopy((tree) => {
    tree.write(FILE, LAYER);
    tree.append(INDEX, "export { Scaling, type ScalingOptions } from './nn/scaling.js';");
    tree.insert(SAMPLES, '  Sequential:', '  Scaling: ofRows(() => [{ factor: 3 }]),\n');
  });

  it('takes a file, a line in the index and a sample', () => {
    expect(copy().edits()).to.deep.equal({ [FILE]: 1, [INDEX]: 1, [SAMPLES]: 1 });
  });

  it('suffices: the layer has its types, gradient check, claims of a module and calls with wrong arguments', function () {
    this.timeout(300_000);
    copy().types(FILE);
    const suites = ['nn/sweep', 'fuzz/exports', 'architecture', 'io/models'].map(
      (name) => `tests/${name}.test.ts`,
    );
    const titles =
      /every layer (keeps what a module owes: Scaling|has a sample)|valid call|architecture|every module that is exported, built or not: Scaling/;
    expect(copy().mocha(suites, titles)).to.be.at.least(9);
  });
});
