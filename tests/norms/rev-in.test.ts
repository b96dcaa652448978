import { expect } from 'chai';
import { Random, draw, flat, full } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { createNormalizationLayer } from '../../src/norms/normalizations.js';
import { failure } from '../support/failure.js';

const random = new Random(3);
const normal = (...shape: number[]) => new Tensor(draw(shape, () => random.normal(), 'float64'));
const inverse = (options: object = {}) => createNormalizationLayer('rev_in', { invert: true, ...options });

describe('the inverse of rev_in', () => {
  it('restores x by the weights and the statistics of the forward layer', () => {
    const [forward, back] = [createNormalizationLayer('rev_in'), inverse()];
    const x = normal(2, 5, 3);
    forward.build(x.shape, { dtype: 'float64' });
    forward.loadStateDict({ gamma: normal(3).value, beta: normal(3).value });
    const [y, mean, deviation] = forward.forward(x);
    back.build(x.shape, { dtype: 'float64' });
    back.loadStateDict(forward.stateDict());
    const [restored] = back.forward(y, { mean, deviation });
    flat(restored.value).forEach((value, i) => expect(value).to.be.closeTo(flat(x.value)[i]!, 1e-12));
  });

  it('takes another number of positions, as of a forecast', () => {
    const [mean, deviation] = [normal(2, 1, 3), normal(2, 1, 3)];
    expect(inverse().forward(normal(2, 7, 3), { mean, deviation })[0].shape).to.deep.equal([2, 7, 3]);
  });

  it('refuses a call without the statistics, or with those of another shape', () => {
    const [y, mean] = [normal(2, 5, 3), normal(2, 1, 3)];
    expect(failure(() => inverse().forward(y, {}))).to.equal(
      'rev_in.mean: expected a tensor of float64 in the shape [2,1,3], received undefined. ' +
        'Pass it with x, as in forward(x, { mean }). The mean that the forward layer returned.',
    );
    expect(failure(() => inverse().forward(y, { mean }))).to.equal(
      'rev_in.deviation: expected a tensor of float64 in the shape [2,1,3], received undefined. ' +
        'Pass it with x, as in forward(x, { deviation }). The deviation that the forward layer returned.',
    );
    expect(failure(() => inverse().forward(y, { mean, deviation: normal(2, 3) }))).to.equal(
      'rev_in.deviation: expected a tensor of float64 in the shape [2,1,3], received "float64 in the shape [2,3]". ' +
        'The deviation that the forward layer returned.',
    );
  });

  it('refuses a γ of 0, which has no inverse, and changes nothing', () => {
    const layer = inverse();
    const [y, mean, deviation] = [normal(2, 5, 3), normal(2, 1, 3), normal(2, 1, 3)];
    layer.build(y.shape, { dtype: 'float64' });
    for (const zero of [0, -0]) {
      const gamma = full([3], 1, 'float64');
      gamma.data[1] = zero;
      layer.loadStateDict({ gamma, beta: full([3], 0, 'float64') });
      expect(failure(() => layer.forward(y, { mean, deviation }))).to.equal(
        'rev_in.gamma: expected numbers other than 0, since they are divided by, received 0. ' +
          "A constraint such as { type: 'min_value', minValue: 1e-3 } keeps a weight away from 0.",
      );
    }
    const forward = createNormalizationLayer('rev_in', { gammaInitializer: 'zeros' });
    expect([...flat(forward.forward(y)[0].value)].every((value) => value === 0)).to.equal(true);
  });

  it('divides by γ alone, however small', () => {
    const layer = inverse({ epsilon: 1e-2, center: false });
    layer.build([1, 1, 1], { dtype: 'float64' });
    layer.loadStateDict({ gamma: [2 ** -30] });
    const one = (value: number) => new Tensor(full([1, 1, 1], value, 'float64'));
    const [x] = layer.forward(one(2 ** -30), { mean: one(3), deviation: one(0.5) });
    expect(flat(x.value)[0]).to.equal(3.5);
  });
});

describe('rev_in', () => {
  it('refuses an input without positions, and the batch as its features', () => {
    expect(failure(() => createNormalizationLayer('rev_in').forward(normal(4, 3)))).to.equal(
      'rev_in: expected an input of rank 3 or more, with the batch first, then positions and features, received [4,3].',
    );
    expect(failure(() => createNormalizationLayer('rev_in', { axis: 0 }).forward(normal(2, 4, 3)))).to.equal(
      'rev_in.axis: expected an axis other than the batch, which is axis 0, received 0.',
    );
  });
});
