import { expect } from 'chai';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { Random } from '../../src/array/index.js';
import * as ops from '../../src/ops/catalog.js';
import { arange, full, randomNormal, randomUniform, zeros } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const wide = (numbers: readonly number[], shape: readonly number[] = [numbers.length]): Tensor =>
  tensor(Float64Array.from(numbers), { shape });

const slope = (f: () => Tensor, x: Tensor, seed?: Tensor): unknown => {
  const { value, pullback } = vjp(f);
  return pullback(seed ?? wide(Array(value.size).fill(1), value.shape))
    .of(x)!
    .toArray();
};

// A gradient that fits a wrong value is a right gradient of the wrong thing: here are the values.
describe('the values of the ops', () => {
  const [a, b] = [wide([1, -2, 3]), wide([2, -4, -0.5])];

  it('of two numbers', () => {
    expect(ops.add(a, b).toArray()).to.deep.equal([3, -6, 2.5]);
    expect(ops.sub(a, b).toArray()).to.deep.equal([-1, 2, 3.5]);
    expect(ops.mul(a, b).toArray()).to.deep.equal([2, 8, -1.5]);
    expect(ops.div(a, b).toArray()).to.deep.equal([0.5, 0.5, -6]);
    expect(ops.pow(wide([2, 9, 4]), wide([3, 0.5, -1])).toArray()).to.deep.equal([8, 3, 0.25]);
    expect(ops.maximum(a, b).toArray()).to.deep.equal([2, -2, 3]);
    expect(ops.minimum(a, b).toArray()).to.deep.equal([1, -4, -0.5]);
    expect(ops.maximum(a, NaN).toArray()).to.deep.equal([NaN, NaN, NaN]);
  });

  it('of powers, whose gradients are 0 or finite at their ends', () => {
    const x = wide([0, 0, -2]);
    expect(ops.pow(x, wide([0, 2, 3])).toArray()).to.deep.equal([1, 0, -8]);
    expect(slope(() => ops.pow(x, wide([0, 2, 3])), x)).to.deep.equal([0, 0, 12]);
    const y = wide([0, 2, 3]);
    expect(slope(() => ops.pow(x, y), y)).to.deep.equal([0, 0, 0]);
    expect(slope(() => ops.pow(2, y), y)).to.deep.equal([1, 4, 8].map((power) => power * Math.LN2));
  });

  it('of selections', () => {
    const condition = [true, false, true];
    expect(ops.where(condition, a, b).toArray()).to.deep.equal([1, -4, 3]);
    expect(ops.where(false, a, b).toArray()).to.deep.equal([2, -4, -0.5]);
    expect(ops.where(wide([0, 1, 1]), a, b).toArray()).to.deep.equal([2, -2, 3]);
    expect(failure(() => ops.where(wide([0, 2, -1]), a, b))).to.include('received 2');
    expect(ops.where([[1], [0]], a, 0).toArray()).to.deep.equal([
      [1, -2, 3],
      [0, 0, 0],
    ]);
    const seed = wide([1, 10, 100]);
    expect(slope(() => ops.where(condition, a, b), a, seed)).to.deep.equal([1, 0, 100]);
    expect(slope(() => ops.where(condition, a, b), b, seed)).to.deep.equal([0, 10, 0]);
    expect(ops.clip(a, { min: -1, max: 2 }).toArray()).to.deep.equal([1, -1, 2]);
    expect(ops.clip(a, { min: 2, max: 2 }).toArray()).to.deep.equal([2, 2, 2]);
    expect(failure(() => ops.clip(a, { min: 3, max: 2 }))).to.equal(
      'clip: expected two numbers, min not above max, received [3,2].',
    );
    expect(failure(() => ops.clip(a, { min: NaN }))).to.match(/^clip/);
  });

  it('of activations with a bend at 0, whose slope there is the one below', () => {
    const zero = wide([0, -0]);
    expect(slope(() => ops.leakyRelu(zero, { slope: 0.3 }), zero)).to.deep.equal([0.3, 0.3]);
    expect(slope(() => ops.elu(zero, { alpha: 0.4 }), zero)).to.deep.equal([0.4, 0.4]);
    const a = wide([0.25, 3]);
    expect(slope(() => ops.prelu(zero, a), zero)).to.deep.equal([0.25, 3]);
  });

  it('of activations far out', () => {
    const ends = wide([-Infinity, -0, 0, Infinity]);
    const [least, ...rest] = ops.relu(ends).toArray() as number[];
    expect([least, ...rest]).to.deep.equal([0, 0, 0, Infinity]);
    for (const f of [ops.silu, ops.gelu, (x: Tensor) => ops.gelu(x, { approximate: true })]) {
      expect((f(ends).toArray() as number[]).map(Math.abs)).to.deep.equal([0, 0, 0, Infinity]);
      expect(slope(() => f(ends), ends)).to.deep.equal([0, 0.5, 0.5, 1]);
    }
    const half = ops.gelu(wide([1])).item();
    expect(half).to.be.closeTo(0.8413447460685429, 1e-15);
    expect(ops.gelu(wide([1]), { approximate: true }).item()).to.be.closeTo(0.8411919906082768, 1e-15);
    expect(ops.gelu(wide([1]), { approximate: false }).item()).to.equal(half);
  });

  it('of products with vectors, which drop their axis', () => {
    const [m, v] = [wide([1, 2, 3, 4, 5, 6], [2, 3]), wide([1, 0, -1])];
    expect(ops.matmul(m, v).toArray()).to.deep.equal([-2, -2]);
    expect(ops.matmul(wide([1, -1]), m).toArray()).to.deep.equal([-3, -3, -3]);
    expect(ops.matmul(v, v).toArray()).to.equal(2);
  });

  it('of reductions', () => {
    const x = wide([1, 5, -2, 4, 0, 3], [2, 3]);
    expect(ops.sum(x, 1).toArray()).to.deep.equal([4, 7]);
    expect(ops.mean(x, 0).toArray()).to.deep.equal([2.5, 2.5, 0.5]);
    expect(ops.max(x, 1).toArray()).to.deep.equal([5, 4]);
    expect(ops.min(x, 1).toArray()).to.deep.equal([-2, 0]);
    expect(ops.min(x).item()).to.equal(-2);
    expect(ops.variance(x, 0).toArray()).to.deep.equal([2.25, 6.25, 6.25]);
    expect(ops.sum(x, 1, { keepDims: true }).shape).to.deep.equal([2, 1]);
    expect(ops.sum(wide([], [0, 3]), 0).toArray()).to.deep.equal([0, 0, 0]);
    expect(ops.max(wide([], [0, 3]), 1).shape).to.deep.equal([0]);
    for (const op of [ops.max, ops.min, ops.mean, ops.variance, ops.logSumExp])
      expect(failure(() => op(wide([], [3, 0]), 1))).to.match(
        /axes with at least one element, received \[3,0\]/,
      );
  });

  it('of softmax, along the last axis unless told otherwise', () => {
    const x = wide([0, 0, 0, 1, 2, 3], [2, 3]);
    const rows = ops.softmax(x).toArray() as number[][];
    expect(rows[0]).to.deep.equal([1 / 3, 1 / 3, 1 / 3]);
    expect(ops.softmax(x, 1).toArray()).to.deep.equal(rows);
    const cube = wide([0, 1, 2, 3, 4, 5, 6, 7], [2, 2, 2]);
    expect(ops.softmax(cube).toArray()).to.deep.equal(ops.softmax(cube, 2).toArray());
    expect(ops.logSoftmax(cube).toArray()).to.deep.equal(ops.logSoftmax(cube, 2).toArray());
    (ops.logSoftmax(x).toArray() as number[][]).forEach((row, i) =>
      row.forEach((value, j) => expect(Math.exp(value)).to.be.closeTo(rows[i]![j]!, 1e-15)),
    );
  });
});

describe('tensors made from nothing', () => {
  it('hold the numbers asked for, drawn in order', () => {
    expect(arange(1, 3, { dtype: 'float64' }).dtype).to.equal('float64');
    expect(arange(3, { dtype: 'float64' }).toArray()).to.deep.equal([0, 1, 2]);
    expect(arange(3).dtype).to.equal('float32');
    const random = new Random(4);
    const drawn = randomNormal([3], { seed: 4, mean: 1, standardDeviation: 0.5, dtype: 'float64' });
    expect(drawn.toArray()).to.deep.equal([0, 1, 2].map(() => 1 + 0.5 * random.normal()));
    expect(randomUniform([2], { seed: 1, low: 3, high: 3 }).toArray()).to.deep.equal([3, 3]);
    expect(failure(() => randomNormal([2], undefined as never))).to.match(
      /^randomNormal\.seed: .*received null/,
    );
  });

  it('reject an invalid number, range or shape', () => {
    expect(failure(() => full([2], '1' as never))).to.match(/expected a number, received "1"/);
    expect(failure(() => randomUniform([2], { seed: 1, low: 2, high: 1 }))).to.match(/^randomUniform/);
    for (const range of [
      [0, NaN, 1],
      [Infinity, 1, 1],
      [0, 1, 0],
      [0, 1, NaN],
    ] as [number, number, number][])
      expect(
        failure(() => arange(...range)),
        String(range),
      ).to.match(/^arange/);
    expect(failure(() => zeros([2 ** 16, 2 ** 15]))).to.match(
      /fewer than 2³¹ elements, received \[65536,32768\]/,
    );
    expect(failure(() => arange(0, 5, 1, 9 as never))).to.match(/^arange: .*received \[0,5,1,9\]/);
    expect(failure(() => arange({ dtype: 'float16' } as never))).to.match(/^arange\.dtype/);
    expect(failure(() => ops.concat(3 as never))).to.equal('concat: expected a list of tensors, received 3.');
    expect(failure(() => ops.stack('x' as never))).to.equal(
      'stack: expected a list of tensors, received "x".',
    );
  });
});

describe('the shapes that ops reject', () => {
  const x = wide([1, 2, 3, 4, 5, 6], [2, 3]);

  it('in reshape', () => {
    expect(ops.reshape(x, [3, -1]).shape).to.deep.equal([3, 2]);
    expect(ops.reshape(wide([], [0, 3]), [0]).shape).to.deep.equal([0]);
    for (const shape of [[5], [-1, 4], [-2, -3], [1.5, 4], [-1, -1], [6, -1, -1]])
      expect(
        failure(() => ops.reshape(x, shape)),
        String(shape),
      ).to.equal(`reshape: expected a shape of 6 elements, received ${JSON.stringify(shape)}.`);
  });

  it('in transpose', () => {
    const cube = wide(
      Array.from({ length: 24 }, (_, i) => i),
      [2, 3, 4],
    );
    expect(ops.transpose(cube, [-1, 0, -2]).shape).to.deep.equal([4, 2, 3]);
    expect(ops.transpose(cube, [-1, 0, -2]).toArray()).to.deep.equal(
      ops.transpose(cube, [2, 0, 1]).toArray(),
    );
    expect(slope(() => ops.transpose(cube, [-1, 0, -2]), cube, ops.transpose(cube, [2, 0, 1]))).to.deep.equal(
      cube.toArray(),
    );
    expect(failure(() => ops.transpose(cube, [0, 1]))).to.equal(
      'transpose: expected an order of all 3 axes, received [0,1].',
    );
  });

  it('in stack and gather', () => {
    const [one, two] = [wide([1, 2]), wide([3, 4])];
    expect(ops.stack([one, two], -1).toArray()).to.deep.equal([
      [1, 3],
      [2, 4],
    ]);
    for (const [tensors, received] of [
      [[], '[]'],
      [[one, x], '[[2],[2,3]]'],
      [[one, two, x], '[[2],[2],[2,3]]'],
    ] as const)
      expect(failure(() => ops.stack(tensors))).to.equal(
        `stack: expected at least one tensor, all of one shape, received ${received}.`,
      );
    // Indices may be used again, for the next batch, before the gradients are pulled back.
    const indices = Int32Array.of(1, 1);
    const taken = vjp(() => ops.gather(x, indices));
    indices.fill(0);
    expect(
      taken
        .pullback(ops.add(ops.mul(taken.value, 0), 1))
        .of(x)!
        .toArray(),
    ).to.deep.equal([
      [0, 0, 0],
      [2, 2, 2],
    ]);
    expect(ops.gather(x, Int32Array.of(1, 0)).toArray()).to.deep.equal([
      [4, 5, 6],
      [1, 2, 3],
    ]);
    expect(failure(() => ops.gather(x, [0.5]))).to.equal('gather: expected whole numbers, received 0.5.');
    const far = wide(Array(3).fill(1));
    expect(failure(() => ops.gather(far, [16777217]))).to.match(/received 16777217/);
  });
});
