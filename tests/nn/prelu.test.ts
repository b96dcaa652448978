import { expect } from 'chai';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import { vjp } from '../../src/autograd/vjp.js';
import { PReLU } from '../../src/nn/prelu.js';
import { randomNormal, zeros } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

describe('PReLU', () => {
  it('learns a slope for every element of a sample, or one along shared axes', () => {
    const x = randomNormal([2, 3, 3, 4], { seed: 1, dtype: 'float64' });
    const own = new PReLU();
    own.forward(x);
    expect(own.alpha!.shape).to.deep.equal([3, 3, 4]);
    const shared = new PReLU({ sharedAxes: [1, 2], alphaInitializer: { type: 'constant', value: 0.25 } });
    const y = shared.forward(x);
    expect(shared.alpha!.shape).to.deep.equal([1, 1, 4]);
    expect([...y.value.data]).to.deep.equal(
      [...x.value.data].map((value) => (value > 0 ? value : 0.25 * value)),
    );
  });

  it('sums the gradient of a slope over all elements that share it', () => {
    const x = randomNormal([5, 4], { seed: 2, dtype: 'float64' });
    const layer = new PReLU({ alphaInitializer: { type: 'constant', value: -0.3 } });
    layer.build(x.shape, { dtype: 'float64' });
    const g = randomNormal([5, 4], { seed: 3, dtype: 'float64' });
    const slope = vjp(() => layer.forward(x))
      .pullback(g)
      .of(layer.alpha!)!;
    const right = [0, 1, 2, 3].map((j) =>
      [0, 1, 2, 3, 4].reduce((sum, i) => sum + g.value.get(i, j) * Math.min(0, x.value.get(i, j)), 0),
    );
    right.forEach((value, j) => expect(slope.value.get(j)).to.be.closeTo(value, 1e-14));
    assertGradients((input) => layer.forward(input!), [x]);
  });

  it('rejects samples of another shape, and the batch as a shared axis', () => {
    const layer = new PReLU();
    layer.forward(zeros([2, 3]));
    expect(layer.forward(zeros([7, 3])).shape).to.deep.equal([7, 3]);
    expect(failure(() => layer.forward(zeros([2, 4])))).to.match(
      /^PReLU: expected an input whose slopes have the shape \[3\], as before/,
    );
    expect(failure(() => new PReLU({ sharedAxes: 0 }).forward(zeros([2, 3])))).to.match(
      /no shared axis 0, which is the batch/,
    );
    expect(failure(() => new PReLU().forward(zeros([3])))).to.match(/rank 2 or more/);
  });
});
