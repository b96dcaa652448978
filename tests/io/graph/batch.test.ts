import { expect } from 'chai';
import { Random, draw, flat } from '../../../src/array/index.js';
import {
  Dense,
  Embedding,
  LanguageModel,
  Module,
  Sequential,
  Tensor,
  add,
  concat,
  div,
  meanSquaredError,
  mul,
  normalization,
  norms,
  sum,
  tensor,
} from '../../../src/index.js';
import { type BatchShape, traceGraph } from '../../../src/io/index.js';
import { interpreted } from './interpreter.js';

const drawn = (shape: readonly number[]): Tensor => {
  const random = new Random(1);
  return new Tensor(draw(shape, () => random.normal(), 'float64'));
};

/** A model that is a function. */
class Computing extends Module {
  constructor(readonly of: (x: Tensor) => Tensor) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return this.of(x);
  }
}

const traced = (of: (x: Tensor) => Tensor, input: BatchShape = ['batch', 2]) =>
  traceGraph(new Computing(of), { input, dtype: 'float64' });

describe('traceGraph at any batch size', () => {
  const size = (x: Tensor): number => x.shape[0]!;

  const forms: Readonly<Record<string, (x: Tensor) => Tensor>> = {
    n: (x) => mul(x, size(x)),
    '1 / n': (x) => mul(x, 1 / size(x)),
    'n − 1': (x) => mul(x, size(x) - 1),
    '1 / (n − 1)': (x) => div(x, size(x) - 1),
    'n / (n − 1)': (x) => mul(x, size(x) / (size(x) - 1)),
    '1 / (3 n)': (x) => div(x, 3 * size(x)),
    'a row of ones for each sample': (x) => add(x, new Tensor(draw([size(x), 1], () => 1, 'float64'))),
    'a batch twice as large': (x) => concat([x, x], 0),
  };
  for (const [name, of] of Object.entries(forms))
    it(`finds ${name}`, () => {
      const graph = traced(of);
      for (const batch of [2, 3, 10]) {
        const x = drawn([batch, 2]);
        const feeds = { input: { shape: x.shape, data: Array.from(flat(x.value)) } };
        const expected = Array.from(flat(of(x).value));
        const { output } = interpreted(graph, feeds, batch);
        expect(output!.data).to.have.length(expected.length);
        output!.data.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-12));
      }
    });

  const differing: Readonly<Record<string, readonly [(x: Tensor) => Tensor, RegExp]>> = {
    'a number that was read out of a tensor': [
      (x) => mul(x, sum(x).item()),
      /^traceGraph: mul in Computing: expected the same computation for every batch size, but for sizes in proportion to it, received "numbers that differ between batches of 5 and 7"\. Fix the batch/,
    ],
    'a loop over the samples': [
      (x) => Array.from({ length: size(x) }).reduce<Tensor>((y) => mul(y, 2), x),
      /received "(other operations|other values) that differ between batches of 5 and 7"/,
    ],
    'one sample more': [
      (x) => concat([x, new Tensor(draw([1, 2], () => 1, 'float64'))], 0),
      /concat in Computing: [^]*received "numbers that differ/,
    ],
    'a branch on the batch size': [
      (x) => (size(x) > 6 ? mul(x, 2) : add(x, 2)),
      /received "other operations that differ/,
    ],
    'a square of the batch size': [
      (x) => mul(x, size(x) ** 2),
      /mul in Computing: [^]*received "numbers that/,
    ],
    'other numbers for each sample': [
      (x) => {
        let at = 0;
        return add(x, new Tensor(draw([size(x), 1], () => at++, 'float64')));
      },
      /add in Computing: [^]*received "numbers that/,
    ],
  };
  for (const [name, [of, message]] of Object.entries(differing))
    it(`refuses ${name}`, () => {
      expect(() => traced(of)).to.throw(message);
    });

  it('takes what depends on the batch size if the batch is fixed, and refuses what depends on numbers', () => {
    const squared = traced((x) => mul(x, size(x) ** 2), [3, 2]);
    const feeds = { input: { shape: [3, 2], data: [1, 2, 3, 4, 5, 6] } };
    // A batch that is stated is the only size that the model sees.
    expect(interpreted(squared, feeds, 3)['output']!.data).to.deep.equal([9, 18, 27, 36, 45, 54]);
    expect(() => traced((x) => mul(x, sum(x).item()), [3, 2])).to.throw(
      /expected the same computation for every input, received "numbers that differ from one input to another"\. Numbers that are read out of a tensor become constants/,
    );
  });

  it('names the layer whose training depends on the batch size', () => {
    const chunks = new Sequential([
      new Dense(4, { seed: 1 }),
      normalization(norms.ghost_batch_norm, { virtualBatchSize: 2 }),
    ]);
    chunks.forward(drawn([6, 3]));
    const loss = (y: Tensor, target: Tensor): Tensor => meanSquaredError(y, target);
    expect(() => traceGraph(chunks, { input: ['batch', 3], dtype: 'float64', loss })).to.throw(
      /ghost_batch_norm in layers\.1: expected the same computation for every batch size/,
    );
    expect(traceGraph(chunks, { input: [6, 3], dtype: 'float64', loss }).outputs[0]!.name).to.equal('loss');
    const inference = traceGraph(chunks, { input: ['batch', 3], dtype: 'float64' });
    expect(inference.outputs.map(({ name }) => name)).to.deep.equal(['output']);
  });
});

describe('traceGraph of ids of tokens', () => {
  const options = { vocabularySize: 9, hiddenSize: 8, heads: 2, layers: 2, contextLength: 6, seed: 1 };

  for (const positions of ['learned', 'sinusoidal', 'rotary', 'none'] as const)
    it(`computes the logits of a language model, with positions: ${positions}`, () => {
      const model = new LanguageModel({ ...options, positions }).eval();
      model.forward([[1, 2]]);
      const graph = traceGraph(model, { input: ['batch', 5], tokens: true });
      for (const batch of [1, 2, 3]) {
        const ids = Array.from({ length: 5 * batch }, (_, i) => (7 * i + batch) % 9);
        const { output } = interpreted(graph, { input: { shape: [batch, 5], data: ids } }, batch);
        const expected = flat(model.forward(tensor(ids, { shape: [batch, 5] })).value);
        expect(output!.data).to.have.length(expected.length);
        output!.data.forEach((value, i) => expect(value).to.be.closeTo(expected[i]!, 1e-5));
      }
    });

  it('refuses ids that a model reads out of the tensor, at any batch size and at one', () => {
    class Reading extends Module {
      readonly table = new Embedding(9, 2, { seed: 1 });
      override forward(x: Tensor): Tensor {
        return this.table.forward(x.toArray() as number[][]);
      }
    }
    for (const input of [
      ['batch', 5],
      [2, 5],
      ['batch', 1],
    ] as const)
      expect(() => traceGraph(new Reading(), { input, tokens: true })).to.throw(
        'expected the same computation',
      );
  });
});
