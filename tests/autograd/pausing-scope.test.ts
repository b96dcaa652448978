import { expect } from 'chai';
import { add, kernelInfo, memoryInfo, mul, randomNormal, scope, vjp } from '../../src/index.js';
import { PausingScope, free } from '../../src/autograd/scope.js';
import { failure } from '../support/failure.js';

const ENDED = /^array: expected an array that was not freed/;
const x = randomNormal([40, 40], { seed: 1 });

describe('a scope with pauses', () => {
  it('frees at its end the arrays of all its steps, and not those made between them', () => {
    const whole = new PausingScope();
    const first = whole.run(() => mul(x, 2));
    const between = mul(x, 3);
    const second = whole.run(() => add(first, between));
    expect(second.toArray()).to.deep.equal(add(mul(x, 2), mul(x, 3)).toArray());
    whole.end();
    for (const made of [first, second]) expect(failure(() => made.toArray())).to.match(ENDED);
    expect(between.toArray()).to.deep.equal(mul(x, 3).toArray());
  });

  it('leaves its arrays to an open tape', () => {
    const { value, pullback } = vjp(() => {
      const whole = new PausingScope();
      const squares = whole.run(() => mul(x, x));
      whole.end();
      return mul(squares, 3);
    });
    expect(value.toArray()).to.deep.equal(mul(mul(x, x), 3).toArray());
    expect(pullback().of(x)!.toArray()).to.deep.equal(mul(x, 6).toArray());
  });
});

describe('free', () => {
  it('frees tensors at once, except the numbers that the user holds', () => {
    scope(() => {
      const [lost, held] = [mul(x, 2), mul(x, 3)];
      const wanted = held.toArray();
      const numbers = held.value;
      const { bytes } = memoryInfo();
      free([lost, held]);
      expect(failure(() => lost.toArray())).to.match(ENDED);
      expect(held.toArray()).to.deep.equal(wanted);
      expect(numbers.get(39, 39)).to.equal((wanted as number[][])[39]![39]);
      if (kernelInfo().kernels === 'js') return;
      expect(bytes - memoryInfo().bytes).to.be.at.least(2 * 4 * 40 * 40);
    });
  });
});
