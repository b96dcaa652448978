import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { cumprod, cumsum, prod, std, variance } from '../../src/ops/catalog.js';
import { arrays, shapes } from '../support/arbitraries.js';
import { failure } from '../support/failure.js';

const wide = (data: readonly number[]): Tensor => tensor(Float64Array.from(data));
const gradient = (f: () => Tensor, x: Tensor, seed: Tensor): unknown =>
  vjp(f).pullback(seed).of(x)!.toArray();

describe('cumsum and cumprod', () => {
  it('accumulate from either end, with or without the number itself', () => {
    const x = wide([1, 2, 3, 4]);
    expect(cumsum(x).toArray()).to.deep.equal([1, 3, 6, 10]);
    expect(cumsum(x, { exclusive: true }).toArray()).to.deep.equal([0, 1, 3, 6]);
    expect(cumsum(x, { reverse: true }).toArray()).to.deep.equal([10, 9, 7, 4]);
    expect(cumsum(x, { reverse: true, exclusive: true }).toArray()).to.deep.equal([9, 7, 4, 0]);
    expect(cumprod(x).toArray()).to.deep.equal([1, 2, 6, 24]);
  });

  it('accumulate in float64, and round to float32', () => {
    const ones = tensor([2 ** 24, ...Array<number>(8).fill(1)]);
    expect((cumsum(ones).toArray() as number[]).at(-1)).to.equal(2 ** 24 + 8);
  });

  it('accumulate without errors that grow along the axis, also if sums become infinite', () => {
    const tenths = wide(Array<number>(1e5).fill(0.1));
    for (const reverse of [false, true])
      expect((cumsum(tenths, { reverse }).toArray() as number[]).at(reverse ? 0 : -1)).to.equal(1e4);
    expect(cumsum(wide([1, 1e100, 1, -1e100])).toArray()).to.deep.equal([1, 1e100, 1e100, 2]);
    const steep = [1, Infinity, 1, -Infinity, 1];
    expect(cumsum(wide(steep)).toArray()).to.deep.equal([1, Infinity, Infinity, NaN, NaN]);
    expect(cumsum(wide(steep), { exclusive: true }).toArray()).to.deep.equal([0, 1, Infinity, Infinity, NaN]);
  });

  it('have exact gradients if numbers are 0', () => {
    const [x, seed] = [wide([2, 0, 3, 0, 5]), wide([1, 10, 100, 1000, 10000])];
    // d/dx₁: 10·2 + 100·2·3; from the second zero on every product has a zero more.
    expect(gradient(() => cumprod(x), x, seed)).to.deep.equal([1, 620, 0, 0, 0]);
  });
});

describe('prod', () => {
  it('gives a factor the product of all others, also of zeros', () => {
    const one = wide([2, 0, 3]);
    expect(
      vjp(() => prod(one))
        .pullback(tensor(7, { dtype: 'float64' }))
        .of(one)!
        .toArray(),
    ).to.deep.equal([0, 42, 0]);
    const two = wide([0, 0, 3]);
    expect(
      vjp(() => prod(two))
        .pullback()
        .of(two)!
        .toArray(),
    ).to.deep.equal([0, 0, 0]);
    expect(prod(tensor([], { shape: [0] })).item()).to.equal(1);
  });
});

describe('std', () => {
  it('is the root of the variance', () => {
    fc.assert(
      fc.property(
        shapes().chain((shape) => arrays(shape)),
        (value) => {
          const x = new Tensor(value);
          const [s, v] = [std(x, -1), variance(x, -1)];
          [...s.value.data].forEach((sigma, i) =>
            expect(sigma).to.be.closeTo(Math.sqrt(v.value.data[i]!), 1e-14),
          );
        },
      ),
    );
  });

  it('neither overflows nor underflows if squares do, nor do its gradients', () => {
    for (const scale of [2 ** 600, 2 ** -600, 2 ** 1022, 2 ** -1030]) {
      const x = wide([1, -1, 1, -1].map((value) => value * scale));
      expect(std(x).item(), String(scale)).to.equal(scale);
      expect(
        vjp(() => std(x))
          .pullback()
          .of(x)!
          .toArray(),
      ).to.deep.equal([0.25, -0.25, 0.25, -0.25]);
    }
  });

  it('is 0 with gradient 0 if all numbers are equal, and needs more numbers than the correction', () => {
    const x = wide([3, 3, 3]);
    expect(
      vjp(() => std(x))
        .pullback()
        .of(x)!
        .toArray(),
    ).to.deep.equal([0, 0, 0]);
    expect(std(wide([1, 3]), 0, { correction: 1 }).item()).to.equal(Math.SQRT2);
    expect(failure(() => std(wide([1]), 0, { correction: 1 }))).to.match(
      /^std: expected axes of more elements than the correction, 1/,
    );
  });
});
