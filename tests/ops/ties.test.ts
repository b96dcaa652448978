import { expect } from 'chai';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import * as ops from '../../src/ops/catalog.js';

const wide = (numbers: readonly number[]): Tensor => tensor(Float64Array.from(numbers));

/** The gradients of the leaves, for a seed that is no two times the same. */
const gradients = (f: () => Tensor, ...leaves: Tensor[]) => {
  const { value, pullback } = vjp(f);
  const seed = tensor(
    Float64Array.from({ length: value.size }, (_, i) => 2 ** i),
    { shape: value.shape },
  );
  return leaves.map((leaf) => pullback(seed).of(leaf)!.toArray());
};

// A check by differences steps aside where the slope jumps; what happens there is a promise all the same.
describe('at a corner', () => {
  it('maximum and minimum give each half of the gradient if two tie, and all of it to the winner otherwise', () => {
    const [a, b] = [wide([1, 2, 3]), wide([1, 5, -1])];
    expect(gradients(() => ops.maximum(a, b), a, b)).to.deep.equal([
      [0.5, 0, 4],
      [0.5, 2, 0],
    ]);
    expect(gradients(() => ops.minimum(a, b), a, b)).to.deep.equal([
      [0.5, 2, 0],
      [0.5, 0, 4],
    ]);
  });

  it('max and min share evenly among those that tie', () => {
    const x = wide([4, 1, 4, 4, 1]);
    expect(gradients(() => ops.max(x), x)).to.deep.equal([[1 / 3, 0, 1 / 3, 1 / 3, 0]]);
    expect(gradients(() => ops.min(x), x)).to.deep.equal([[0, 0.5, 0, 0, 0.5]]);
  });

  it('clip passes the gradient at its bounds; relu and abs have gradient 0 at 0', () => {
    const x = wide([-2, -1, 0, 1, 2]);
    expect(gradients(() => ops.clip(x, { min: -1, max: 1 }), x)).to.deep.equal([[0, 2, 4, 8, 0]]);
    expect(gradients(() => ops.relu(x), x)).to.deep.equal([[0, 0, 0, 8, 16]]);
    expect(gradients(() => ops.abs(x), x)).to.deep.equal([[-1, -2, 0, 8, 16]]);
  });

  it('sqrt keeps a gradient of 0 at 0, where its slope is infinite', () => {
    const x = wide([0, 4]);
    expect(
      vjp(() => ops.sqrt(x))
        .pullback(wide([0, 8]))
        .of(x)!
        .toArray(),
    ).to.deep.equal([0, 2]);
    expect(gradients(() => ops.sqrt(x), x)).to.deep.equal([[Infinity, 0.5]]);
  });
});
