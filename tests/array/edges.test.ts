import { expect } from 'chai';
import ndarray from 'ndarray';
import {
  type NdArray,
  Random,
  add,
  along,
  anySeed,
  broadcastTo,
  cast,
  concat,
  contiguous,
  distance,
  flat,
  fromSource,
  gather,
  logSumExp,
  matmul,
  normalize,
  onto,
  reshape,
  scatterAdd,
  sliceView,
  sum,
  sumTo,
  toNested,
} from '../../src/array/index.js';
import { failure } from '../support/failure.js';

const wide = (numbers: readonly number[], shape: readonly number[] = [numbers.length]): NdArray =>
  fromSource(Float64Array.from(numbers), { shape });
const narrow = (a: NdArray): NdArray => cast(a, 'float32');
const six = wide([1, 2, 3, 4, 5, 6], [2, 3]);

describe('at the edges of arrays', () => {
  it('slices that hold nothing have no elements, whichever way they run', () => {
    for (const range of [
      [2, 1],
      [1, 1],
      [3, 0, 2],
      [5, 9],
    ] as const)
      expect(sliceView(wide([1, 2, 3, 4]), [range]).shape, String(range)).to.deep.equal([0]);
    expect(toNested(sliceView(wide([1, 2, 3, 4, 5]), [[1, 5, 2]]))).to.deep.equal([2, 4]);
    expect(toNested(sliceView(six, [[], [1, 3]]))).to.deep.equal([
      [2, 3],
      [5, 6],
    ]);
  });

  it('slices refuse what is no whole number, and say what they got', () => {
    expect(failure(() => sliceView(six, [[0.5, 2]]))).to.match(/received \[0\.5,2,1\]/);
    expect(failure(() => sliceView(six, [[0, 2, 0.5]]))).to.match(/received \[0,2,0\.5\]/);
    for (const i of [0.5, 2, -3, NaN])
      expect(failure(() => sliceView(six, [i]))).to.match(/axis 0: expected a whole number from -2 to 1/);
  });

  it('concat needs something to join', () => {
    expect(failure(() => concat([], 0))).to.match(/^concat/);
    expect(failure(() => concat([wide([1], [])], 0))).to.match(/^concat/);
  });

  it('stay in their dtype', () => {
    const x = narrow(six);
    const picks = { data: Int32Array.of(1, 1), shape: [2] };
    for (const a of [
      logSumExp(x, 1),
      scatterAdd(gather(x, picks, 0), picks, 0, x.shape),
      sum(x, 0),
      normalize(x, 1, { centered: true, total: 'mean', bound: 'added', epsilon: 1 }).center,
    ])
      expect([a.dtype, a.data.constructor]).to.deep.equal(['float32', Float32Array]);
    expect(cast(six, 'float64')).to.equal(six);
  });

  it('share no data with what they were reduced from', () => {
    const none = sum(six, []);
    expect([...flat(none)]).to.deep.equal([...flat(six)]);
    expect(none.data).not.to.equal(six.data);
    const single = sum(wide([1, 2], [1, 2]), 0);
    expect([...flat(single)]).to.deep.equal([1, 2]);
  });

  it('are not copied where nothing changes', () => {
    expect(contiguous(six)).to.equal(six);
    expect(reshape(six, [2, 3])).to.equal(six);
    expect(broadcastTo(six, [2, 3])).to.equal(six);
    expect(sumTo(six, [2, 3])).to.equal(six);
    const part = sliceView(six, [1]);
    expect([...contiguous(part).data]).to.deep.equal([4, 5, 6]);
    expect(contiguous(sliceView(six, [0])).data).to.have.length(3);
    expect([...contiguous(six.transpose(1, 0) as NdArray).data]).to.deep.equal([1, 4, 2, 5, 3, 6]);
  });

  it('are added where they are empty', () => {
    expect(add(wide([], [0, 3]), wide([1, 2, 3])).shape).to.deep.equal([0, 3]);
    expect(sum(wide([], [0, 3]), 0).data).to.deep.equal(new Float64Array(3));
  });

  it('have the largest distance, not the smallest', () => {
    expect(distance(six, wide([1, 2, 3, 4, 9, 5], [2, 3]))).to.equal(4);
    expect(distance(six, wide([NaN, 2, 3, 4, 5, 6], [2, 3]))).to.be.NaN;
  });

  it('say where shapes do not fit', () => {
    expect(failure(() => broadcastTo(six, [3]))).to.match(
      /^broadcastTo: expected a shape that stretches to \[3\]/,
    );
    expect(failure(() => broadcastTo(wide([1, 2], [1, 2]), [2]))).to.match(/^broadcastTo/);
    for (const [a, b] of [
      [wide([1, 2, 3]), wide([1, 2, 3])],
      [wide([1, 2, 3]), reshape(six, [3, 2])],
      [six, wide([1, 2, 3])],
      [six, six],
    ] as const)
      expect(failure(() => matmul(a, b))).to.match(/^matmul/);
    expect([along([4, 5, 6], [-1, 0]), onto([4, 5, 6], [-1, 0])]).to.deep.equal([
      [4, 6],
      [4, 1, 6],
    ]);
  });

  it('are read from nothing that does not say its shape', () => {
    for (const shape of [
      [-1, -2],
      [0.5, 4],
      [2, 2],
    ])
      expect(failure(() => fromSource([1, 2], { shape }))).to.match(
        /^tensor\.shape: expected .*whole numbers/,
      );
    expect(failure(() => fromSource([[1, 2], [3]]))).to.match(/a list of 2 at depth 1, received \[3\]/);
    expect(failure(() => fromSource([1, [2]]))).to.match(/a number at depth 1, received \[2\]/);
    expect(failure(() => fromSource([[1], 2]))).to.match(/a list of 1 at depth 1, received 2/);
    const beyond = ndarray(new Float64Array(4), [2], [-1], 0) as NdArray;
    expect(failure(() => fromSource(beyond))).to.match(/"shape":\[2\],"stride":\[-1\],"offset":0/);
    expect([...flat(fromSource(ndarray(Float64Array.of(1, 2, 3), [3], [-1], 2) as NdArray))]).to.deep.equal([
      3, 2, 1,
    ]);
    expect(fromSource(ndarray(Int32Array.of(1, 2))).dtype).to.equal('float32');
  });

  it('are read from nothing but numbers, in a dtype and a shape that are theirs to have', () => {
    expect(toNested(fromSource(ndarray([1, 2])))).to.deep.equal([1, 2]);
    for (const data of [['1', '2'], [1, null], new BigInt64Array(2), 'ab'])
      expect(failure(() => fromSource(ndarray(data as never)))).to.match(
        /^tensor: expected a view of numbers/,
      );
    for (const dtype of [['float32'], 'float16', 'toString'])
      expect(failure(() => fromSource([1], { dtype: dtype as never }))).to.match(
        /^tensor\.dtype: expected float32 or float64/,
      );
    for (const shape of [1, '1', { length: 1 }])
      expect(failure(() => fromSource([1], { shape: shape as never }))).to.match(
        /^tensor\.shape: expected a list of whole numbers from 0/,
      );
  });

  it('are stretched between axes that are not', () => {
    // Of these strides, 0, 2, 0 and 1, the second and the last would run on evenly, were nothing between them.
    const stretched = broadcastTo(wide([1, 2, 3, 4, 5, 6], [1, 3, 1, 2]), [2, 3, 2, 2]);
    const half = [1, 2, 1, 2, 3, 4, 3, 4, 5, 6, 5, 6];
    expect([...flat(stretched)]).to.deep.equal([...half, ...half]);
  });

  it('are multiplied matrix by matrix, along every axis that leads', () => {
    const a = wide(
      Array.from({ length: 8 }, (_, i) => i + 1),
      [2, 2, 2, 1, 1],
    );
    const b = wide([1, 10, 100, 1000], [2, 1, 2, 1, 1]);
    expect([...flat(matmul(a, b))]).to.deep.equal([1, 20, 3, 40, 500, 6000, 700, 8000]);
  });

  it('have a logarithm of a sum of exponentials that no exponential exceeds', () => {
    expect([...flat(logSumExp(wide([-1000, 1000, 0, 800, 800, 0], [2, 3]), 1))]).to.deep.equal([
      1000,
      800 + Math.LN2,
    ]);
    expect([...flat(logSumExp(wide([-1000, -1000]), 0))]).to.deep.equal([-1000 + Math.LN2]);
  });

  it('normalize by lengths that are also told in a unit in which none overflows', () => {
    const recipe = { centered: false, total: 'sum', bound: 'added', epsilon: 0 } as const;
    const { length, short } = normalize(wide([3, 4]), 0, recipe);
    expect([...flat(length), ...flat(short)]).to.deep.equal([5, 5 * 2 ** -64]);
    const huge = normalize(wide([1.5e308, 1.5e308]), 0, recipe);
    expect([...flat(huge.length)]).to.deep.equal([Infinity]);
    expect(flat(huge.short)[0]! * 2 ** -960).to.be.closeTo(1.5e308 * 2 ** -1024 * Math.SQRT2, 1e-15);
  });

  it('are measured as well where their squares leave the range', () => {
    const recipe = { centered: true, total: 'mean', bound: 'added', epsilon: 0 } as const;
    const near = wide([1, 2.5, -0.75, 3.125, 8, 1, 0.375, -2], [2, 4]);
    const at = (factor: number) => {
      const { center, power, length } = normalize(
        wide(
          [...flat(near)].map((x) => x * factor),
          [2, 4],
        ),
        1,
        recipe,
      );
      return [center, power, length].map((a) => [...flat(a)]);
    };
    const [center, power, length] = at(1);
    // With a power of two for a factor not a bit may differ; squares are past 1e300, or below 1e-270.
    for (const factor of [2 ** 500, 2 ** -500])
      expect(at(factor), String(factor)).to.deep.equal([
        center!.map((x) => x * factor),
        power!.map((x) => x * factor * factor),
        length!.map((x) => x * factor),
      ]);
  });

  it('are scaled by the largest number of a group, wherever it stands', () => {
    const recipe = { centered: false, total: 'sum', bound: 'added', epsilon: 0 } as const;
    for (const at of [0, 1, 2]) {
      const column = [1, 1, 1].with(at, 2 ** 520);
      const x = wide(
        column.flatMap((v) => [v, 3]),
        [3, 2],
      );
      expect([...flat(normalize(x, 0, recipe).length)]).to.deep.equal([2 ** 520, Math.sqrt(27)]);
    }
  });

  it('normalize groups along any axes, ones among them', () => {
    const recipe = { centered: false, total: 'sum', bound: 'added', epsilon: 0.25 } as const;
    const x = wide(
      Array.from({ length: 12 }, (_, i) => (i % 5) - 2),
      [2, 1, 3, 2],
    );
    const lengths = (axes: number[]) => [...flat(normalize(x, axes, recipe).length)];
    const by = (pick: (o: number, i: number, j: number) => number, count: number) => {
      const totals = new Float64Array(count).fill(0.25);
      flat(x).forEach(
        (v, at) => (totals[pick(Math.floor(at / 6), Math.floor(at / 2) % 3, at % 2)]! += v * v),
      );
      return [...totals].map(Math.sqrt);
    };
    expect(lengths([1])).to.deep.equal([...flat(x)].map((v) => Math.sqrt(v * v + 0.25)));
    expect(lengths([0, 1, 2])).to.deep.equal(by((_, __, j) => j, 2));
    expect(lengths([0, 3])).to.deep.equal(by((_, i) => i, 3));
    expect(lengths([1, 2])).to.deep.equal(by((o, _, j) => o * 2 + j, 4));
    expect(lengths([0, 2])).to.deep.equal(by((_, __, j) => j, 2));
    expect(lengths([])).to.deep.equal(lengths([1]));
  });
});

describe('random numbers', () => {
  it('are the same for the same seed, now and later', () => {
    const random = new Random(7);
    const first = Array.from({ length: 5 }, () => random.normal());
    const again = new Random(7);
    expect(Array.from({ length: 5 }, () => again.normal())).to.deep.equal(first);
    // Two normal numbers come of one draw, so that an odd count costs as much as the next even one.
    const [odd, even] = [new Random(7), new Random(7)];
    for (let i = 0; i < 3; i++) odd.normal();
    for (let i = 0; i < 4; i++) even.normal();
    expect(odd.uniform()).to.equal(even.uniform());
  });

  it('draw once for every place of a permutation but the last one', () => {
    const [whole, apart] = [new Random(7), new Random(7)];
    whole.permutation(4);
    for (const bound of [4, 3, 2]) apart.integer(bound);
    expect(whole.uniform()).to.equal(apart.uniform());
  });

  it('make seeds that are whole, and not all alike', () => {
    const seeds = [...Array.from({ length: 20 }, anySeed), new Random(1).seed(), new Random(2).seed()];
    for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).to.equal(true);
    expect(new Set(seeds).size).to.be.above(15);
  });
});
