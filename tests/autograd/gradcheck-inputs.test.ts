import { expect } from 'chai';
import { gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { Parameter } from '../../src/autograd/parameter.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { mul } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const normal = (seed: number): Tensor => randomNormal([3], { seed, dtype: 'float64' });

describe('the inputs of gradcheck', () => {
  it('are a list of tensors', () => {
    const x = normal(1);
    for (const inputs of [undefined, x, 3, [x, 3], [3, x]])
      expect(failure(() => gradcheck((a) => a!, inputs as never))).to.match(
        /^gradcheck: expected a list of tensors, received /,
      );
  });

  it('have the values of before afterwards if they are parameters, also if the function throws', () => {
    const weight = new Parameter(normal(1));
    const before = weight.toArray();
    expect(gradcheck((w, x) => mul(w!, x!), [weight, normal(2)]).ok).to.equal(true);
    expect(weight.toArray()).to.deep.equal(before);
    const seen: unknown[] = [];
    const failing = (w: Tensor, x: Tensor): Tensor => {
      seen.push(w.toArray());
      if (seen.length > 3) throw new RangeError('of the caller');
      return mul(w, x);
    };
    expect(() => gradcheck((w, x) => failing(w!, x!), [weight, normal(2)])).to.throw(RangeError);
    expect(seen.at(-1)).not.to.deep.equal(before);
    expect(weight.toArray()).to.deep.equal(before);
  });
});
