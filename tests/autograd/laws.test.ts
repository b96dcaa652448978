import { expect } from 'chai';
import fc from 'fast-check';
import { type NdArray, add as plus, copy, distance, dot, map, mul as times } from '../../src/array/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad } from '../../src/autograd/recording.js';
import { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { add, exp, matmul, mul, sub, sum, tanh, transpose } from '../../src/ops/catalog.js';
import { runs } from '../support/runs.js';
import { elements, views } from '../support/views.js';

/** A function of three matrices that uses each of them in more than one way. */
const f = (a: Tensor, b: Tensor, c: Tensor): Tensor =>
  add(mul(tanh(matmul(a, b)), c), sub(mul(c, c), mul(matmul(transpose(b), transpose(a)), 0.5)));

const inputs = fc.record({
  a: views([3, 2]),
  b: views([2, 3]),
  c: views([3, 3]),
  g: views([3, 3]),
  h: views([3, 3]),
});

const gradientsOf = (leaves: readonly Tensor[], seed: Tensor) => {
  const { pullback } = vjp(() => f(...(leaves as [Tensor, Tensor, Tensor])));
  return leaves.map((leaf) => pullback(seed).of(leaf)!.value);
};

describe('pulling back', () => {
  it('is linear in the seed, and 0 for a seed of 0', () => {
    fc.assert(
      fc.property(inputs, ({ a, b, c, g, h }) => {
        const leaves = [a, b, c].map((x) => new Tensor(x));
        const [ofG, ofH, ofBoth, ofNone] = [g, h, plus(g, h), map(g, () => 0)].map((seed) =>
          gradientsOf(leaves, new Tensor(seed)),
        );
        ofBoth!.forEach((both, i) => {
          expect(distance(both, plus(ofG![i]!, ofH![i]!))).to.be.below(1e-12);
          expect(elements(ofNone![i]!).every((x) => x === 0)).to.equal(true);
        });
        const doubled = gradientsOf(leaves, new Tensor(map(g, (x) => 4 * x)));
        doubled.forEach((gradient, i) =>
          expect(elements(gradient)).to.deep.equal(elements(map(ofG![i]!, (x) => 4 * x))),
        );
      }),
      { numRuns: runs(0.3) },
    );
  });

  it('gives the same bits again, and of views the same as of copies', () => {
    fc.assert(
      fc.property(inputs, ({ a, b, c, g }) => {
        const leaves = [a, b, c].map((x) => new Tensor(x));
        const { pullback } = vjp(() => f(...(leaves as [Tensor, Tensor, Tensor])));
        const once = leaves.map((leaf) => elements(pullback(new Tensor(g)).of(leaf)!.value));
        const twice = leaves.map((leaf) => elements(pullback(new Tensor(g)).of(leaf)!.value));
        const copies = gradientsOf(
          [a, b, c].map((x) => new Tensor(copy(x))),
          new Tensor(copy(g)),
        );
        expect(twice).to.deep.equal(once);
        expect(copies.map(elements)).to.deep.equal(once);
      }),
      { numRuns: runs(0.3) },
    );
  });

  it('changes neither inputs nor seeds', () => {
    fc.assert(
      fc.property(inputs, ({ a, b, c, g }) => {
        const before = [a, b, c, g].map((x) => [...x.data]);
        gradientsOf(
          [a, b, c].map((x) => new Tensor(x)),
          new Tensor(g),
        );
        expect([a, b, c, g].map((x) => [...x.data])).to.deep.equal(before);
      }),
      { numRuns: runs(0.3) },
    );
  });

  it('uses the values of its own forward pass, whatever happened since', () => {
    const weight = new Parameter(tensor([2, 3], { dtype: 'float64' }));
    const x = tensor([5, 7], { dtype: 'float64' });
    const first = vjp(() => mul(weight, x));
    const second = vjp(() => mul(mul(weight, weight), x));
    weight.value = tensor([100, 100], { dtype: 'float64' }).value;
    const one = tensor([1, 10], { dtype: 'float64' });
    expect(second.pullback(one).of(weight)!.toArray()).to.deep.equal([20, 420]);
    expect(first.pullback(one).of(weight)!.toArray()).to.deep.equal([5, 70]);
    expect(first.pullback(one).of(x)!.toArray()).to.deep.equal([2, 30]);
  });

  it('has the gradient of a leaf that is returned unchanged, or twice', () => {
    const x = tensor([1, 2]);
    const seed = tensor([3, 5]);
    expect(
      vjp(() => x)
        .pullback(seed)
        .of(x)!
        .toArray(),
    ).to.deep.equal([3, 5]);
    expect(
      vjp(() => [x, x] as const)
        .pullback([seed, seed])
        .of(x)!
        .toArray(),
    ).to.deep.equal([6, 10]);
    expect(
      vjp(() => {
        const y = mul(x, 2);
        return [y, mul(y, 10)] as const;
      })
        .pullback([seed, seed])
        .of(x)!
        .toArray(),
    ).to.deep.equal([66, 110]);
  });

  it('rejects seeds of another shape, dtype or number', () => {
    const x = tensor([1, 2]);
    const { pullback } = vjp(() => mul(x, x));
    expect(() => pullback(tensor([1]))).to.throw(
      'pullback: seed of output 0: expected a tensor of shape [2] and float32, received "[1] of float32".',
    );
    expect(() => pullback(tensor(Float64Array.of(1, 2)))).to.throw('"[2] of float64"');
    const several = vjp(() => [x, mul(x, x)] as const);
    expect(() => several.pullback([x] as never)).to.throw('"1 seeds"');
  });

  it('leaves the tapes closed when the function throws', () => {
    const x = tensor([1, 2]);
    expect(() =>
      vjp(() => {
        throw new Error('inside');
      }),
    ).to.throw('inside');
    const { pullback } = vjp(() => mul(x, x));
    exp(x);
    expect([...pullback()].map(([leaf]) => leaf)).to.deep.equal([x]);
  });
});

describe('valueAndGrad', () => {
  it('reads the parameters after the function ran, so that it may build them', () => {
    const made: Parameter[] = [];
    const model = { parameters: () => made };
    const { gradients } = valueAndGrad(() => {
      made[0] ??= new Parameter(tensor([3]));
      return sum(mul(made[0], made[0]));
    }, model);
    expect(gradients.of(made[0]!)!.toArray()).to.deep.equal([6]);
  });

  it('returns only the gradients of wanted leaves that were read', () => {
    const [a, b, c] = [tensor([1]), tensor([2]), tensor([3])];
    const { value, gradients } = valueAndGrad(() => sum(mul(a, b)), [b, c]);
    expect(value.item()).to.equal(2);
    expect([...gradients].map(([leaf]) => leaf)).to.deep.equal([b]);
    expect(gradients.of(a)).to.equal(undefined);
    expect(gradients.of(c)).to.equal(undefined);
  });

  it('treats results of noGrad as constants', () => {
    const x = tensor([3]);
    const { gradients } = valueAndGrad(
      () =>
        sum(
          mul(
            x,
            noGrad(() => mul(x, x)),
          ),
        ),
      x,
    );
    expect(gradients.of(x)!.toArray()).to.deep.equal([9]);
  });
});

describe("an op of one's own", () => {
  const cube = primitive('cube', (x: NdArray) => ({
    value: map(x, (v) => v ** 3),
    pullback: (g) => [
      times(
        g,
        map(x, (v) => 3 * v * v),
      ),
    ],
  }));

  it('is recorded like any other', () => {
    const x = tensor([1, 2, 3], { dtype: 'float64' });
    const g = tensor([1, 10, 100], { dtype: 'float64' });
    const gradient = vjp(() => cube(x))
      .pullback(g)
      .of(x)!;
    expect(gradient.toArray()).to.deep.equal([3, 120, 2700]);
    expect(dot(gradient.value, x.value)).to.equal(3 * dot(g.value, cube(x).value));
  });
});
