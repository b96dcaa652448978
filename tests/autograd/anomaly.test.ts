import { expect } from 'chai';
import {
  type Tensor,
  add,
  exp,
  log,
  mul,
  primitive,
  randomNormal,
  sqrt,
  stopGradient,
  sum,
  tensor,
  valueAndGrad,
  vjp,
  where,
  zeros,
} from '../../src/index.js';
import { add as plus, flat, map } from '../../src/array/index.js';
import { watchFinite } from '../../src/autograd/anomaly.js';
import { failure } from '../support/failure.js';

const STEEP = 'The value was finite: its derivative is not, or the incoming gradient was too large.';
const numbersOf = (x: Tensor): number[] => [...flat(x.value)];
const gradient = (loss: () => Tensor, leaf: Tensor): number[] =>
  numbersOf(watchFinite(() => valueAndGrad(loss, leaf).gradients.of(leaf)!));

/** −∞ in place of every number of x, as under a mask. */
const hidden = (x: Tensor): Tensor => where(zeros(x.shape), x, -Infinity);

describe('an infinity on the way', () => {
  it('is no error if the loss and the gradients of the leaves are finite', () => {
    for (const shape of [[], [1], [3]]) {
      const x = randomNormal(shape, { seed: 1 });
      const masked = () => add(sum(exp(hidden(x))), sum(mul(x, 2)));
      expect(new Set(gradient(masked, x)), JSON.stringify(shape)).to.deep.equal(new Set([2]));
    }
  });

  it('is no error in a result that is no loss, and goes through a backward pass', () => {
    const x = randomNormal([3], { seed: 1 });
    const pulled = watchFinite(() => vjp(() => hidden(x)).pullback());
    expect(numbersOf(pulled.of(x)!)).to.deep.equal([0, 0, 0]);
  });

  it('is no error in a gradient that reaches no leaf, as under a mask', () => {
    const x = randomNormal([3], { seed: 1 });
    expect(gradient(() => sum(sqrt(where(zeros([3]), x, 0))), x)).to.deep.equal([0, 0, 0]);
  });

  it('in a loss is blamed on the op that made it, and not on its gradient', () => {
    const x = tensor([0, 1]);
    expect(failure(() => gradient(() => sum(mul(log(x), 2)), x))).to.equal(
      'log: expected a finite value, received "1 of 2 not finite, in row 0 of the shape [2]". ' +
        'Its inputs, of the shape [2], were finite.',
    );
  });

  it('in the gradient of a leaf is blamed on the op where it began', () => {
    const x = tensor([0, 1]);
    expect(failure(() => gradient(() => sum(sqrt(mul(x, 2))), x))).to.equal(
      'gradient of input 0 of sqrt: expected a finite gradient, ' +
        `received "1 of 2 not finite, in row 0 of the shape [2]". ${STEEP}`,
    );
  });
});

describe('a NaN', () => {
  it('of an infinity names the op that made the infinity, on either side and further back', () => {
    const [x, share] = [randomNormal([2], { seed: 1 }), tensor([0, 1])];
    for (const f of [
      () => mul(hidden(x), share),
      () => mul(share, hidden(x)),
      () => mul(add(hidden(x), 1), share),
    ])
      expect(failure(() => watchFinite(f))).to.equal(
        'mul: expected a value without NaN, received "1 of 2 NaN, in row 0 of the shape [2]". ' +
          'One input has an infinity that where computed.',
      );
  });

  it('of infinite data is blamed on the data', () => {
    expect(failure(() => watchFinite(() => mul(tensor([Infinity, 1]), 0)))).to.equal(
      'mul: expected a finite value, received "1 of 2 not finite, in row 0 of the shape [2]". ' +
        'Input 0 was not finite already, and no op computed it: check the data.',
    );
  });

  it('in a gradient is put down to an infinite gradient, to an infinite value, or to the slope', () => {
    const sick = primitive('sick', (a) => ({ value: a, pullback: (g) => [map(g, () => NaN)] }));
    const said = (op: string, count: number, hint: string): string =>
      `gradient of input 0 of ${op}: expected a finite gradient, ` +
      `received "${count} of 2 not finite, in row 0 of the shape [2]". ${hint}`;
    const [x, zero] = [tensor([1, 2]), tensor([0, 1])];
    expect(failure(() => gradient(() => sum(sqrt(mul(x, 0))), x))).to.equal(
      said(
        'mul',
        2,
        'The incoming gradient is infinite; the first infinite one was the gradient of input 0 of sqrt.',
      ),
    );
    expect(failure(() => gradient(() => sum(exp(log(zero))), zero))).to.equal(
      said('log', 1, 'It read or computed an infinity, through which the gradient is undefined.'),
    );
    expect(failure(() => gradient(() => sum(sick(mul(x, 2))), x))).to.equal(said('sick', 2, STEEP));
  });
});

describe('a gradient that is missing or not asked for', () => {
  it('is not watched', () => {
    const half = primitive('half', (a, b) => ({
      value: plus(a, b),
      pullback: (g) => [g, map(g, () => NaN)],
    }));
    const [x, y] = [tensor([1, 2]), tensor([3, 4])];
    const loss = () => sum(half(x, y));
    expect(gradient(loss, x)).to.deep.equal([1, 1]);
    expect(failure(() => gradient(loss, y))).to.match(/^gradient of input 1 of half: /);
    expect(gradient(() => sum(mul(x, stopGradient(x))), x)).to.deep.equal([1, 2]);
  });
});
