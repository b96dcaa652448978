import { expect } from 'chai';
import {
  type Tensor,
  keepGradient,
  mul,
  primitive,
  sum,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { map } from '../../src/array/index.js';

describe('a pullback is not called', () => {
  let calls = 0;
  const spied = primitive('spied', (a) => ({
    value: map(a, (v) => v),
    pullback: (g) => ((calls += 1), [g]),
  }));
  const [x, w] = [tensor([1, 2]), tensor([3, 5])];
  beforeEach(() => {
    calls = 0;
  });

  it('if the result does not depend on its op', () => {
    const { pullback } = vjp(() => (spied(x), mul(x, 2)));
    expect(pullback().of(x)!.toArray()).to.deep.equal([2, 2]);
    expect(calls).to.equal(0);
    vjp(() => spied(x)).pullback();
    expect(calls).to.equal(1);
  });

  it('if no gradient of its inputs is wanted, although its op made the result', () => {
    const one = tensor([7]);
    const { value, gradients } = valueAndGrad(() => spied(one), [w]);
    expect([value.item(), gradients.of(w), calls]).to.deep.equal([7, undefined, 0]);
  });

  it('if only the gradient of its output is kept', () => {
    let h: Tensor;
    const { gradients } = valueAndGrad(() => sum(mul((h = keepGradient(spied(x))), w)), w);
    expect(gradients.of(h!)!.toArray()).to.deep.equal([3, 5]);
    expect(gradients.of(w)!.toArray()).to.deep.equal([1, 2]);
    expect(calls).to.equal(0);
  });
});
