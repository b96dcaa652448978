import { expect } from 'chai';
import fc from 'fast-check';
import { fromSource } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { Lion, type LionOptions } from '../../src/optim/lion.js';

function weights(start: readonly number[], gradients: readonly (readonly number[])[], options: LionOptions) {
  const leaf = new Parameter(fromSource(Float64Array.from(start)));
  const lion = new Lion(options);
  const path = gradients.map((gradient) => {
    lion.step(new Gradients(new Map([[leaf, tensor(Float64Array.from(gradient))]])));
    return [...leaf.value.data];
  });
  return { path, mean: [...lion.stateDict([leaf])['0.mean']!.data] };
}

const numbers = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });
const history = fc.array(numbers, { minLength: 1, maxLength: 6 });

describe('Lion', () => {
  it('takes two steps as worked by hand', () => {
    const { path, mean } = weights([1], [[4], [-0.3]], {
      learningRate: 0.5,
      beta1: 0.5,
      beta2: 0.75,
      weightDecay: 0.1,
    });
    // Step 1: c = 2, w = 0.95 − 0.5 = 0.45, m = 1. Step 2: c = 0.35 although g < 0, w = 0.4275 − 0.5.
    expect(path[0]![0]).to.be.closeTo(0.45, 1e-15);
    expect(path[1]![0]).to.be.closeTo(-0.0725, 1e-15);
    expect(mean[0]).to.be.closeTo(0.75 - 0.075, 1e-15);
  });

  it('moves nothing by a gradient of 0, and makes a NaN of a weight whose gradient is NaN', () => {
    const { path } = weights([1, 2], [[0, NaN]], { learningRate: 0.5 });
    expect(path[0]).to.deep.equal([1, NaN]);
  });

  it('ignores a common positive factor of the gradients, to the bit', () => {
    fc.assert(
      fc.property(numbers, history, fc.integer({ min: -20, max: 20 }), (start, gradients, exponent) => {
        // Powers of two scale without rounding, away from where numbers end.
        const plain = gradients.map((gradient) => gradient.map((g) => Math.fround(g)));
        const scaled = plain.map((gradient) => gradient.map((g) => g * 2 ** exponent));
        const options = { learningRate: 0.01, weightDecay: 0.2 };
        expect(weights(start, scaled, options).path).to.deep.equal(weights(start, plain, options).path);
      }),
    );
  });

  it('changes every number by the rate, or not at all', () => {
    fc.assert(
      fc.property(history, (gradients) => {
        const { path } = weights([0, 0, 0], gradients, { learningRate: 0.25 });
        for (const [step, at] of path.entries()) {
          at.forEach((w, i) => expect([-0.25, 0, 0.25]).to.include(w - (path[step - 1]?.[i] ?? 0)));
        }
      }),
    );
  });
});
