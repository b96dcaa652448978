import { expect } from 'chai';
import fc from 'fast-check';
import { fromSource } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { LAMB, type LAMBOptions } from '../../src/optim/lamb.js';

function moved(start: readonly number[], gradients: readonly (readonly number[])[], options: LAMBOptions) {
  const leaf = new Parameter(fromSource(Float64Array.from(start)));
  const lamb = new LAMB(options);
  for (const gradient of gradients)
    lamb.step(new Gradients(new Map([[leaf, tensor(Float64Array.from(gradient))]])));
  return [...leaf.value.data];
}

const length = (x: readonly number[]): number => Math.hypot(...x);
const numbers = fc.array(fc.double({ min: 0.1, max: 3, noNaN: true }), { minLength: 3, maxLength: 3 });

describe('LAMB', () => {
  it('takes two steps as worked by hand', () => {
    const options = { learningRate: 0.1, beta1: 0.5, beta2: 0.75, epsilon: 1e-12, weightDecay: 0.5 };
    // Step 1: m̂ / √v̂ = (1, −1), r = (2.5, 1), ‖w‖ = 5.
    const one = [3, 4].map((w, i) => w - ((0.1 * 5) / Math.sqrt(7.25)) * [2.5, 1][i]!);
    moved([3, 4], [[2, -1]], options).forEach((w, i) => expect(w).to.be.closeTo(one[i]!, 1e-11));
    // Step 2, of g = (0, 3): m = (0.5, 1.25) / 0.75 and v = (0.75, 2.4375) / 0.4375.
    const r = [
      0.5 / 0.75 / Math.sqrt(0.75 / 0.4375) + 0.5 * one[0]!,
      1.25 / 0.75 / Math.sqrt(2.4375 / 0.4375) + 0.5 * one[1]!,
    ];
    const two = one.map((w, i) => w - ((0.1 * length(one)) / length(r)) * r[i]!);
    const gradients = [
      [2, -1],
      [0, 3],
    ];
    moved([3, 4], gradients, options).forEach((w, i) => expect(w).to.be.closeTo(two[i]!, 1e-11));
  });

  it('moves an array by the share of its length that the rate says, however long it or its gradient is', () => {
    fc.assert(
      fc.property(
        numbers,
        fc.array(numbers, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(1e-160, 1, 1e160),
        (start, gradients, size) => {
          const from = start.map((w) => w * size);
          const before = moved(from, gradients.slice(0, -1), { learningRate: 0.03 });
          const after = moved(from, gradients, { learningRate: 0.03 });
          const share =
            length(after.map((w, i) => (w - before[i]!) / size)) / length(before.map((w) => w / size));
          expect(share).to.be.closeTo(0.03, 1e-12);
        },
      ),
    );
  });

  it('has a ratio of 1 where weights or directions are all zeros', () => {
    const options = { learningRate: 0.1, epsilon: 1e-12 };
    expect(moved([0, 0], [[2, -2]], options)[0]).to.be.closeTo(-0.1, 1e-12);
    expect(moved([1, 2], [[0, 0]], options)).to.deep.equal([1, 2]);
  });
});
