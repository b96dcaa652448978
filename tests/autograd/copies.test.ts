import { expect } from 'chai';
import ndarray from 'ndarray';
import {
  Embedding,
  Module,
  type NdArray,
  Parameter,
  SGD,
  Sequential,
  Tensor,
  batchNorm,
  crossEntropy,
  gather,
  meanSquaredError,
  mul,
  normalization,
  primitive,
  sum,
  tensor,
  valueAndGrad,
  vjp,
  where,
} from '../../src/index.js';
import { dataset } from '../../src/data/index.js';
import { Statistic } from '../../src/nn/statistic.js';

// One buffer, refilled between calls, as a reader of files or a microphone has it: what was handed in before stays.

const buffer = new Float32Array(2);
const wide = new Float64Array(2);
const view = (): NdArray => ndarray(buffer, [2]);
const stepped = (): NdArray => ndarray(buffer, [2]).step(-1);

class Holder extends Module {
  readonly weight = new Parameter(tensor([0, 0]));
  readonly statistic = new Statistic(tensor([0, 0]).value);

  override forward(x: Tensor): Tensor {
    return mul(x, this.weight);
  }
}

/** A way in for numbers, and what is kept of them, to be read later. */
const doors: Readonly<Record<string, () => () => unknown>> = {
  'tensor of a typed array': () => {
    const x = tensor(buffer);
    return () => x.toArray();
  },
  'tensor of a Float64Array': () => {
    const x = tensor(wide);
    return () => x.toArray();
  },
  'tensor of an NdArray': () => {
    const x = tensor(view());
    return () => x.toArray();
  },
  'tensor of a reversed NdArray': () => {
    const x = tensor(stepped());
    return () => x.toArray();
  },
  'tensor of a typed array in another shape': () => {
    const x = tensor(buffer, { shape: [1, 2] });
    return () => x.toArray();
  },
  'new Tensor of an NdArray': () => {
    const x = new Tensor(stepped());
    return () => x.toArray();
  },
  'new Parameter of an NdArray': () => {
    const x = new Parameter(view());
    return () => x.toArray();
  },
  'a parameter that is given another value': () => {
    const x = new Parameter(tensor([0, 0]));
    x.value = view();
    return () => x.toArray();
  },
  'a constraint': () => {
    const x = new Parameter(tensor([0, 0]), { constraint: view });
    new SGD().step(valueAndGrad(() => sum(x)).gradients);
    return () => x.toArray();
  },
  'a statistic': () => {
    const { statistic } = new Holder();
    statistic.value = view();
    return () => [...statistic.value.data];
  },
  loadStateDict: () => {
    const model = new Holder();
    model.loadStateDict({ weight: view(), statistic: buffer });
    return () => Object.values(model.stateDict()).map(({ data }) => [...data]);
  },
  'the state of an optimizer': () => {
    const [leaf, sgd] = [new Parameter(tensor([0, 0])), new SGD({ momentum: 0.9 })];
    sgd.loadStateDict({ steps: 1, '0.steps': 1, '0.velocity': buffer }, [leaf]);
    return () => [...sgd.stateDict([leaf])['0.velocity']!.data];
  },
  'the result of a primitive': () => {
    const op = primitive('op', (_: NdArray) => ({ value: view(), pullback: () => [undefined] }));
    const y = op(tensor([1]));
    return () => y.toArray();
  },
  'a data set': () => {
    const labels = Int32Array.from(buffer);
    const data = dataset('d', ndarray(buffer, [2, 1]), labels, [...'abcdefghi']);
    labels.fill(0);
    return () => [data.features.toArray(), ...data.labels];
  },
  'a condition, until the backward pass': () => {
    const x = tensor([5, 7]);
    const { pullback } = vjp(() => where(ndarray(buffer.map((v) => v % 2)), x, 0));
    const condition = buffer.map((value) => value % 2);
    const late = vjp(() => where(condition, x, 0));
    condition.fill(0);
    return () => [pullback().of(x)!.toArray(), late.pullback().of(x)!.toArray()];
  },
  'indices, until the backward pass': () => {
    const [x, picks] = [tensor([[1], [2], [3], [4], [5], [6], [7]]), Int32Array.from(buffer)];
    const { pullback } = vjp(() => gather(x, picks));
    picks.fill(0);
    return () => pullback().of(x)!.toArray();
  },
  'ids of tokens, until the backward pass': () => {
    const [embedding, ids] = [new Embedding(9, 1, { seed: 1 }), Float64Array.from(buffer)];
    const { pullback } = vjp(() => embedding.forward(ids));
    ids.fill(0);
    return () => pullback().of(embedding.embeddings)!.toArray();
  },
  'sample weights and targets, until the backward pass': () => {
    const [x, sampleWeight] = [tensor([[1], [1]]), buffer.slice()];
    const targets = ndarray(buffer.slice(), [2, 1]);
    const { pullback } = vjp(() => meanSquaredError(x, targets, { sampleWeight }));
    for (const given of [targets.data as Float32Array, sampleWeight]) given.fill(0);
    return () => pullback().of(x)!.toArray();
  },
  'labels, until the backward pass': () => {
    const [x, labels] = [
      tensor([Array<number>(9).fill(0), Array<number>(9).fill(0)]),
      Int32Array.from(buffer),
    ];
    const { pullback } = vjp(() => crossEntropy(x, labels));
    labels.fill(0);
    return () => pullback().of(x)!.toArray();
  },
  'the mask of a norm, until the backward pass': () => {
    const layer = normalization(batchNorm);
    const x = tensor([
      [[1], [2]],
      [[4], [8]],
    ]);
    const mask = ndarray(Float32Array.of(buffer[0]! % 2, 1, 1, buffer[1]! % 2), [2, 2]);
    const { pullback } = vjp((): Tensor => layer.forward(x, { mask }));
    (mask.data as Float32Array).fill(0);
    return () =>
      pullback(
        tensor([
          [[1], [3]],
          [[0], [1]],
        ]),
      )
        .of(x)!
        .toArray();
  },
  'a seed, for the gradients that came of it': () => {
    const [x, seed] = [tensor([1, 1]), tensor(buffer)];
    const gradients = vjp(() => mul(x, 1)).pullback(seed);
    seed.value.data.fill(0);
    return () => gradients.of(x)!.toArray();
  },
};

describe('numbers that were handed in', () => {
  for (const [door, open] of Object.entries(doors)) {
    it(`stay when their buffer is refilled: ${door}`, () => {
      const fill = (numbers: readonly number[]): void => {
        buffer.set(numbers);
        wide.set(numbers);
      };
      const rounds = [
        [1, 2],
        [4, 3],
        [5, 3],
      ];
      const alone = rounds.map((numbers) => {
        fill(numbers);
        return JSON.stringify(open()());
      });
      const readers = rounds.map((numbers) => {
        fill(numbers);
        return open();
      });
      fill([0, 0]);
      expect(readers.map((read) => JSON.stringify(read()))).to.deep.equal(alone);
      expect(new Set(alone).size, 'rounds that can be told apart').to.equal(3);
    });
  }

  it('are shared with copy: false, which must be true or false', () => {
    const data = Float32Array.of(1, 2);
    const shared = tensor(data, { copy: false });
    data[0] = 9;
    expect(shared.toArray()).to.deep.equal([9, 2]);
    expect(() => tensor(data, { copy: 0 as never })).to.throw(
      'tensor.copy: expected true or false, received 0.',
    );
  });

  it('are rejected if they are no array of floats, and nothing has changed', () => {
    const parameter = new Parameter(tensor([1]));
    for (const wrong of [[1], undefined, ndarray([1]), Float32Array.of(1)]) {
      expect(() => new Tensor(wrong as never)).to.throw('Tensor: expected an NdArray of float32 or float64');
      expect(() => (parameter.value = wrong as never)).to.throw('Parameter.value: expected an NdArray');
    }
    expect(parameter.toArray()).to.deep.equal([1]);
    expect(new Sequential([]).stateDict()).to.deep.equal({});
  });
});
