import { expect } from 'chai';
import fc from 'fast-check';
import type { Shape } from '../../src/array/index.js';
import { gradcheck } from '../../src/autograd/gradcheck.js';
import { Tensor, tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import * as ops from '../../src/ops/catalog.js';
import { arrays, shapes } from '../support/arbitraries.js';

interface Trial {
  /** The shapes of the inputs, given one of rank 2 to 4. */
  readonly inputs: (shape: Shape) => readonly Shape[];
  readonly f: (...inputs: Tensor[]) => Tensor;
  /** Where inputs may lie. */
  readonly domain?: readonly [number, number];
}

// A second input of one row also tries broadcasting.
const two = (shape: Shape) => [shape, [1, ...shape.slice(1)]];
const one = (shape: Shape) => [shape];

const trials: Record<keyof typeof ops, Trial> = {
  add: { inputs: two, f: (a, b) => ops.add(a!, b!) },
  sub: { inputs: two, f: (a, b) => ops.sub(a!, b!) },
  mul: { inputs: two, f: (a, b) => ops.mul(a!, b!) },
  div: { inputs: two, f: (a, b) => ops.div(a!, b!), domain: [0.25, 3] },
  matmul: {
    inputs: ([m, k]) => [
      [m!, k!],
      [k!, 3],
    ],
    f: (a, b) => ops.matmul(a!, b!),
  },
  tanh: { inputs: one, f: (x) => ops.tanh(x!) },
  relu: { inputs: one, f: (x) => ops.relu(x!), domain: [0.25, 3] },
  softmax: { inputs: one, f: (x) => ops.softmax(x!, [0, -1]) },
  crossEntropy: { inputs: (shape) => [shape, shape], f: (x, p) => ops.crossEntropy(x!, p!) },
  reshape: { inputs: one, f: (x) => ops.reshape(x!, [x!.size]) },
  sum: { inputs: one, f: (x) => ops.sum(x!, -1) },
  mean: { inputs: one, f: (x) => ops.mean(x!, [0, -1]) },
};

describe('the ops', () => {
  for (const [name, { inputs, f, domain = [-3, 3] }] of Object.entries(trials)) {
    it(`${name} pulls gradients back as the slope demands`, () => {
      const drawn = shapes().chain((shape) => fc.tuple(...inputs(shape).map((s) => arrays(s, ...domain))));
      fc.assert(
        fc.property(drawn, fc.nat(), (values, seed) => {
          expect(
            gradcheck(
              f,
              values.map((value) => new Tensor(value)),
              { seed },
            ),
          ).to.be.below(1e-7);
        }),
      );
    });
  }

  it('take plain numbers, which take the dtype of the other operand', () => {
    const tripled = ops.mul(3, tensor([1, 2], { dtype: 'float64' }));
    expect([tripled.dtype, tripled.toArray()]).to.deep.equal(['float64', [3, 6]]);
  });

  it('refuse two dtypes in one op', () => {
    expect(() => ops.add(tensor([1]), tensor(Float64Array.of(1)))).to.throw(
      'add: expected tensors of one dtype, received ["float32","float64"]. Bring them together with cast, as in x.cast(\'float32\').',
    );
  });

  it('know relu on both sides of its corner', () => {
    const x = tensor([-1, 0, 2]);
    expect(
      vjp(() => ops.relu(x))
        .pullback()
        .of(x)!
        .toArray(),
    ).to.deep.equal([0, 0, 1]);
  });

  it('read integer labels as one-hot probabilities', () => {
    const logits = tensor([
      [0, 0],
      [0, Math.log(3)],
    ]);
    expect(ops.crossEntropy(logits, [0, 1]).item()).to.be.closeTo((Math.log(2) + Math.log(4 / 3)) / 2, 1e-6);
  });
});
