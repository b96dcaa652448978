import { expect } from 'chai';
import fc from 'fast-check';
import { ROUNDOFF, distance, map } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad } from '../../src/autograd/recording.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import {
  concat,
  matmul,
  maximum,
  mul,
  rotary,
  scaledDotProductAttention,
  slice,
  softmax,
  sum,
  transpose,
  where,
} from '../../src/ops/catalog.js';
import { type AttentionOptions } from '../../src/ops/attention.js';
import { arange, full, randomNormal } from '../../src/ops/create.js';
import { failure } from '../support/failure.js';

const wide = { dtype: 'float64' } as const;
const normal = (shape: readonly number[], seed: number, dtype: 'float32' | 'float64' = 'float64'): Tensor =>
  randomNormal(shape, { seed, dtype });

/** The formula, with every share in memory. */
function composed(q: Tensor, k: Tensor, v: Tensor, mask?: Tensor): Tensor {
  const products = matmul(q, transpose(k, [...k.shape.keys()].toSpliced(-2, 2, -1, -2)));
  const scores = mul(products, 1 / Math.sqrt(q.shape.at(-1)!));
  return matmul(softmax(mask ? where(mask, scores, -1e300) : scores), v);
}

/** Ones where query i of t may see key j of s. */
const triangle = (t: number, s: number): Tensor =>
  tensor(Array.from({ length: t }, (_, i) => Array.from({ length: s }, (_, j) => Number(j <= i + s - t))));

type Attend = (q: Tensor, k: Tensor, v: Tensor) => Tensor;

function pulled(f: Attend, inputs: readonly [Tensor, Tensor, Tensor]): readonly Tensor[] {
  const { value, pullback } = vjp(() => f(...inputs));
  const gradients = pullback(normal(value.shape, 7, value.dtype));
  return [value, ...inputs.map((x) => gradients.of(x)!)];
}

function expectNear(actual: readonly Tensor[], expected: readonly Tensor[], rounding: number): void {
  actual.forEach((a, i) => {
    const size = distance(expected[i]!.value, full([], 0, wide).value);
    expect(distance(a.cast('float64').value, expected[i]!.value), `result ${i}`).to.be.at.most(
      rounding * (1 + size),
    );
  });
}

const sizes = fc.record({
  // Over several blocks of queries, and inside one.
  t: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(63, 64, 65, 130)),
  s: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(65, 140)),
  width: fc.integer({ min: 1, max: 5 }),
  depth: fc.integer({ min: 1, max: 5 }),
  causal: fc.boolean(),
  seed: fc.nat(1000),
});

describe('attention', () => {
  it('is softmax(Q Kᵀ / √d) V, forward and backward, over any count of blocks, in both dtypes', () => {
    fc.assert(
      fc.property(sizes, ({ t, s, width, depth, causal, seed }) => {
        fc.pre(!causal || s >= t); // Where a query sees nothing, the formula has no answer.
        const inputs = [
          [2, t, width],
          [2, s, width],
          [2, s, depth],
        ].map((shape, i) => normal(shape, 3 * seed + i, 'float32')) as [Tensor, Tensor, Tensor];
        const exact = inputs.map((x) => x.cast('float64')) as [Tensor, Tensor, Tensor];
        const mask = causal ? triangle(t, s) : undefined;
        const truth = pulled((q, k, v) => composed(q, k, v, mask), exact);
        const fused: Attend = (q, k, v) => scaledDotProductAttention(q, k, v, { causal });
        expectNear(pulled(fused, exact), truth, 1e-13);
        expectNear(pulled(fused, inputs), truth, 8 * (s + t) * ROUNDOFF.float32);
      }),
      { numRuns: 60 },
    );
  });

  it('hides the keys that a mask hides, of any shape that broadcasts', () => {
    const inputs = [
      [2, 3, 4, 2],
      [2, 3, 5, 2],
      [2, 3, 5, 3],
    ].map((shape, i) => normal(shape, i)) as [Tensor, Tensor, Tensor];
    for (const shape of [[5], [4, 1], [4, 5], [2, 1, 1, 5], [3, 4, 5], [2, 3, 4, 5]]) {
      const drawn = map(normal(shape, 9).value, (x) => Number(x > 0));
      const mask = shape.at(-1) === 1 ? full(shape, 1) : tensor(drawn);
      // Every query sees the first key at least.
      const first = tensor([1, 0, 0, 0, 0], wide);
      const seen = noGrad(() => maximum(mask.cast('float64'), first));
      expectNear(
        pulled((q, k, v) => scaledDotProductAttention(q, k, v, { mask: seen }), inputs),
        pulled((q, k, v) => composed(q, k, v, seen), inputs),
        1e-14,
      );
    }
  });

  it('combines a mask with causality', () => {
    const inputs = [normal([3, 2], 1), normal([4, 2], 2), normal([4, 2], 3)] as [Tensor, Tensor, Tensor];
    const mask = [true, false, true, true];
    const both = mul(triangle(3, 4), tensor(mask.map(Number)));
    expectNear(
      pulled((q, k, v) => scaledDotProductAttention(q, k, v, { mask, causal: true }), inputs),
      pulled((q, k, v) => composed(q, k, v, both), inputs),
      1e-14,
    );
  });

  it('gives zeros to a query without keys, and no gradient', () => {
    const blind = (options: AttentionOptions, t: number): void => {
      const inputs = [normal([t, 2], 1), normal([3, 2], 2), normal([3, 2], 3)] as [Tensor, Tensor, Tensor];
      const [y, q] = pulled((...x) => scaledDotProductAttention(...x, options), inputs);
      expect((y!.toArray() as number[][])[0]).to.deep.equal([0, 0]);
      expect((q!.toArray() as number[][])[0]).to.deep.equal([0, 0]);
      expect((y!.toArray() as number[][]).at(-1)).not.to.deep.equal([0, 0]);
      for (const x of [y!, q!])
        expect(x.toArray()).to.satisfy((a: number[][]) => a.flat().every(Number.isFinite));
    };
    blind({ mask: [[false], [true]] }, 2);
    blind({ causal: true }, 5);
    blind({ causal: true }, 70);
    const none = scaledDotProductAttention(normal([2, 3], 1), normal([2, 3], 2), normal([2, 3], 3), {
      mask: false,
    });
    expect(none.toArray()).to.deep.equal([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  it('lets neighbouring heads share keys and values', () => {
    const q = normal([2, 6, 3, 2], 1);
    const inputs = [q, normal([2, 2, 4, 2], 2), normal([2, 2, 4, 3], 3)] as [Tensor, Tensor, Tensor];
    const spread = (x: Tensor): Tensor =>
      concat(
        [0, 0, 0, 1, 1, 1].map((group) => slice(x, [[], [group, group + 1]])),
        1,
      );
    expectNear(
      pulled(scaledDotProductAttention, inputs),
      pulled((a, k, v) => composed(a, spread(k), spread(v)), inputs),
      1e-14,
    );
  });

  it('reads views in place, to the same bits', () => {
    const laid = (x: Tensor): Tensor =>
      noGrad(() => transpose(tensor(transpose(x, [1, 0, 2]).toArray(), wide), [1, 0, 2]));
    const inputs = [normal([2, 3, 4], 1), normal([2, 5, 4], 2), normal([2, 5, 4], 3)] as [
      Tensor,
      Tensor,
      Tensor,
    ];
    const views = inputs.map(laid) as [Tensor, Tensor, Tensor];
    expect(views[0].value.stride).not.to.deep.equal(inputs[0].value.stride);
    const [a, b] = [inputs, views].map((x) => pulled(scaledDotProductAttention, x).map((y) => y.toArray()));
    expect(a).to.deep.equal(b);
  });

  it('takes scores of any size without overflow', () => {
    const q = tensor([[100, 0]]);
    const k = tensor([
      [100, 0],
      [99, 0],
    ]);
    expect(scaledDotProductAttention(q, k, tensor([[1], [2]])).toArray()).to.deep.equal([[1]]);
  });

  it('rejects shapes that do not fit', () => {
    const [q, k] = [normal([2, 3], 1), normal([4, 3], 2)];
    const shapes =
      'scaledDotProductAttention: expected a query [..., heads, queries, width], a key [..., groups, keys, width] and a value [..., groups, keys, depth], with a divisor of heads for groups, received ';
    expect(failure(() => scaledDotProductAttention(q, k, normal([3, 3], 1)))).to.equal(
      `${shapes}[[2,3],[4,3],[3,3]].`,
    );
    expect(failure(() => scaledDotProductAttention(q, normal([4, 2], 1), normal([4, 2], 1)))).to.include(
      shapes,
    );
    for (const groups of [4, 2])
      expect(
        failure(() =>
          scaledDotProductAttention(
            normal([3, 2, 3], 1),
            normal([groups, 4, 3], 1),
            normal([groups, 4, 3], 1),
          ),
        ),
      ).to.include(shapes);
    expect(failure(() => scaledDotProductAttention(q, k, k, { mask: [true, false, true] }))).to.equal(
      'scaledDotProductAttention.mask: expected a shape that stretches to [2,4], for queries and keys, received [3].',
    );
    expect(failure(() => scaledDotProductAttention(q, k, k, { scale: NaN }))).to.equal(
      'scaledDotProductAttention.scale: expected a finite number, received NaN.',
    );
  });
});

describe('rotary positions', () => {
  it('keep lengths, and make products depend on the distance of positions', () => {
    const [a, b] = [normal([1, 6], 1), normal([1, 6], 2)];
    const product = (i: number, j: number): number =>
      sum(mul(rotary(a, { offset: i }), rotary(b, { offset: j }))).item();
    for (const shift of [1, 5, 100])
      expect(product(3 + shift, 1 + shift)).to.be.closeTo(product(3, 1), 1e-12);
    expect(product(3, 1)).not.to.be.closeTo(product(3, 2), 1e-3);
    const turned = rotary(a, { offset: 17 });
    expect(sum(mul(turned, turned)).item()).to.be.closeTo(sum(mul(a, a)).item(), 1e-13);
  });

  it('rotate pair j of n by position · base^(−j / n)', () => {
    const x = tensor([[1, 2, 0, 0]], wide);
    const [row] = rotary(x, { offset: 3, base: 16 }).toArray() as number[][];
    const expected = [Math.cos(3), 2 * Math.cos(3 / 4), Math.sin(3), 2 * Math.sin(3 / 4)];
    expected.forEach((value, i) => expect(row![i]).to.be.closeTo(value, 1e-15));
  });

  it('count positions along their axis, from the offset on', () => {
    const x = normal([2, 5, 3, 4], 4);
    const whole = rotary(x, { axis: 1 });
    const rest = rotary(slice(x, [[], [2]]), { axis: -3, offset: 2 });
    expect(rest.toArray()).to.deep.equal(slice(whole, [[], [2]]).toArray());
    expect(slice(whole, [[], 0]).toArray()).to.deep.equal(slice(x, [[], 0]).toArray());
    expect(rotary(transpose(x, [0, 2, 1, 3])).toArray()).to.deep.equal(
      transpose(whole, [0, 2, 1, 3]).toArray(),
    );
  });

  it('reject an odd last axis, and positions on it', () => {
    const expected =
      'rotary: expected an axis of positions before the last axis, whose size is even, received ';
    expect(failure(() => rotary(arange(6)))).to.include('rotary.axis: expected distinct axes');
    expect(failure(() => rotary(normal([2, 3], 1)))).to.equal(`${expected}[2,3].`);
    expect(failure(() => rotary(normal([2, 4], 1), { axis: 1 }))).to.equal(`${expected}[2,4].`);
  });
});
