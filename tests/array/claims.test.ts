import { expect } from 'chai';
import ndarray from 'ndarray';
import { NormtapeError } from '../../src/error.js';
import { tensor } from '../../src/autograd/create.js';
import { dataset, regressionDataset } from '../../src/data/index.js';
import { Dense } from '../../src/nn/dense.js';
import { crossEntropy, meanSquaredError } from '../../src/nn/losses/index.js';
import { where } from '../../src/ops/catalog.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { SGD } from '../../src/optim/sgd.js';
import { accuracy, plainState } from '../../src/train/index.js';

const same = (count: number, one: unknown): unknown[] => Array.from({ length: count }, () => one);
const cyclic = (): unknown => {
  const list: unknown[] = [];
  list[0] = list;
  return list;
};
const deep = (): unknown => {
  let list: unknown = [1];
  for (let i = 0; i < 100; i++) list = [list];
  return list;
};

/** Claims of a billion numbers that hold few. */
const huge: Readonly<Record<string, () => unknown>> = {
  'a view with steps of 0': () => ndarray(Float32Array.of(1), [1e9], [0]),
  'JSON of an array': () => ({ shape: [1e9], dtype: 'float32', data: [1] }),
  'lists that are one and the same': () => same(1000, same(1000, same(1000, 1))),
  'a list of holes': () => new Array<unknown>(2 ** 32 - 1),
};
const endless: Readonly<Record<string, () => unknown>> = {
  'a list that holds itself': cyclic,
  'lists in a hundred levels': deep,
};

describe('a claim of more numbers than fit', () => {
  const dense = new Dense(2, { seed: 1 });
  dense.build([1, 3]);
  const bits = (): unknown => plainState(dense);
  const logits = tensor([[1, 2]]);
  const norm = createNormalizationLayer('batch_norm');
  const readers: Readonly<Record<string, (claim: never) => unknown>> = {
    'loadStateDict of a module': (claim) => dense.loadStateDict({ kernel: claim, bias: [0, 0] }),
    'loadStateDict of an optimizer': (claim) =>
      new SGD({ learningRate: 1, momentum: 0.9 }).loadStateDict(
        { steps: 1, 'kernel.steps': 1, 'kernel.velocity': claim },
        dense,
      ),
    'labels of a loss': (claim) => crossEntropy(logits, claim),
    'sample weights of a loss': (claim) => crossEntropy(logits, [0], { sampleWeight: claim }),
    'targets of a loss': (claim) => meanSquaredError(logits, claim),
    'labels of a metric': (claim) => accuracy(logits, claim),
    'labels of a data set': (claim) => dataset('d', [[1], [2]], claim, ['a', 'b']),
    'targets of a data set': (claim) => regressionDataset('d', [[1], [2]], claim),
    'the mask of a norm': (claim) => norm.forward(tensor([[1], [2]]), { mask: claim }),
  };
  for (const [name, read] of Object.entries(readers)) {
    it(`is refused before memory is allocated for it: ${name}`, () => {
      const before = bits();
      const { rss } = process.memoryUsage();
      for (const claim of [...Object.values(huge), ...Object.values(endless)])
        expect(() => read(claim() as never)).to.throw(NormtapeError);
      // A billion numbers take 4 GB.
      expect(process.memoryUsage().rss - rss).to.be.below(1e9);
      expect(bits()).to.deep.equal(before);
    });
  }
});

describe('lists that have no end', () => {
  for (const [name, make] of Object.entries(endless)) {
    it(`are refused by all that read lists: ${name}`, () => {
      const levels =
        /tensor: expected lists in at most 64 levels, received "deeper lists, such as a list that contains itself"/;
      expect(() => tensor(make() as never)).to.throw(NormtapeError, levels);
      expect(() => where(make() as never, 1, 2)).to.throw(NormtapeError, 'in at most 64 levels');
    });
  }

  it('are refused by plainState', () => {
    expect(() => plainState({ a: cyclic() })).to.throw(
      NormtapeError,
      'plainState: expected lists and objects',
    );
  });
});
