import { expect } from 'chai';
import {
  type NdArray,
  Random,
  type Shape,
  cast,
  draw,
  flat,
  fromSource,
  full,
  matmul,
  scale,
  transpose,
} from '../../../src/array/index.js';
import {
  Dense,
  Tensor,
  createWeightNormalization,
  normalizeWeights,
  randomNormal,
  vjp,
  weightNorms,
} from '../../../src/index.js';
import { largestPair } from '../../../src/norms/parts/singular.js';

/** All singular values of a matrix, by one-sided Jacobi rotations until its columns are orthogonal. */
function singularValues(matrix: NdArray): readonly number[] {
  const wide = cast(matrix, 'float64');
  const [n, m] = wide.shape as [number, number];
  const tall = n >= m ? wide : transpose(wide);
  const [rows, columns] = tall.shape as [number, number];
  const a = Array.from({ length: columns }, (_, j) =>
    Float64Array.from({ length: rows }, (__, i) => tall.get(i, j)),
  );
  const inner = (x: Float64Array, y: Float64Array) => x.reduce((sum, value, i) => sum + value * y[i]!, 0);
  for (let sweep = 0, largest = 1; largest > 1e-15 && sweep < 80; sweep++) {
    largest = 0;
    for (let p = 0; p < columns - 1; p++) {
      for (let q = p + 1; q < columns; q++) {
        const [alpha, beta, gamma] = [inner(a[p]!, a[p]!), inner(a[q]!, a[q]!), inner(a[p]!, a[q]!)];
        if (gamma === 0) continue;
        largest = Math.max(largest, Math.abs(gamma) / Math.sqrt(alpha * beta));
        const angle = 0.5 * Math.atan2(2 * gamma, beta - alpha);
        const [c, s] = [Math.cos(angle), Math.sin(angle)];
        for (let i = 0; i < rows; i++) {
          const [x, y] = [a[p]![i]!, a[q]![i]!];
          a[p]![i] = c * x - s * y;
          a[q]![i] = s * x + c * y;
        }
      }
    }
  }
  return a.map((column) => Math.sqrt(inner(column, column))).sort((x, y) => y - x);
}

const largest = (matrix: NdArray): number => singularValues(matrix)[0]!;

const array = (nested: readonly (readonly number[])[]): NdArray =>
  fromSource(nested as number[][], { dtype: 'float64' });

/** Random matrices of many shapes and sizes; some with nearly equal or with few singular values. */
const MATRICES = Array.from({ length: 100 }, (_, seed) => {
  const random = new Random(seed);
  const normal = (shape: Shape) => draw(shape, () => random.normal(), 'float64');
  const [n, m, rank] = [1 + random.integer(14), 1 + random.integer(14), 1 + random.integer(4)];
  const matrix = seed % 4 === 3 ? matmul(normal([n, rank]), normal([rank, m])) : normal([n, m]);
  return scale(matrix, 10 ** (random.integer(9) - 4));
});

/** N = x / y. */
const lengthOf = (x: NdArray, y: NdArray): number => {
  const [xs, ys] = [x, y].map((a) => Float64Array.from(flat(a))) as [Float64Array, Float64Array];
  const at = xs.reduce((best, value, i) => (Math.abs(value) > Math.abs(xs[best]!) ? i : best), 0);
  return xs[at]! / ys[at]!;
};

describe('spectral_norm, against an exact decomposition', () => {
  it('knows singular values by an oracle that knows some by heart', () => {
    const golden = (1 + Math.sqrt(5)) / 2;
    expect(
      singularValues(
        array([
          [1, 1],
          [0, 1],
        ]),
      )[0],
    ).to.be.closeTo(golden, 1e-15);
    expect(
      singularValues(
        array([
          [3, 0],
          [4, 5],
        ]),
      ),
    ).to.deep.equal([Math.sqrt(45), Math.sqrt(5)].map((x) => x));
  });

  it('makes the norm of 100 random matrices 1 before any training', () => {
    for (const matrix of MATRICES) {
      const layer = createWeightNormalization('spectral_norm').eval();
      const y = layer.forward(new Tensor(matrix)).value;
      expect(largest(y)).to.be.closeTo(1, 1e-12);
      expect(lengthOf(matrix, y) / largest(matrix)).to.be.closeTo(1, 1e-12);
    }
  });

  it('approaches the norm from below in training, whatever u it starts from', () => {
    MATRICES.forEach((matrix, seed) => {
      const exact = largest(matrix);
      const layer = createWeightNormalization('spectral_norm');
      layer.build(matrix.shape, { dtype: 'float64' });
      const random = new Random(1000 + seed);
      const state = Object.entries(layer.stateDict()).map(([name, { shape }]) => [
        name,
        draw(shape, () => random.normal(), 'float64'),
      ]);
      layer.loadStateDict(Object.fromEntries(state));
      let before = 0;
      for (let step = 0; step < 40; step++) {
        const sigma = lengthOf(matrix, layer.forward(new Tensor(matrix)).value);
        expect(sigma).to.be.at.most(exact * (1 + 1e-13));
        expect(sigma).to.be.at.least(before * (1 - 1e-13));
        before = sigma;
      }
      expect(before).to.be.at.least(0.9 * exact);
      // At inference it keeps the vectors that it has come to.
      const y = layer.eval().forward(new Tensor(matrix)).value;
      expect(lengthOf(matrix, y)).to.be.closeTo(before, 1e-13 * before);
    });
  });

  it('finds the largest pair of matrices that are hard for iterations', () => {
    const ones = (n: number, m: number) => full([n, m], 1, 'float64');
    const diagonal = (...numbers: readonly number[]) =>
      array(numbers.map((value, i) => numbers.map((_, j) => (i === j ? value : 0))));
    const hard = [
      diagonal(1, 1, 1, 1),
      diagonal(1, 1 - 1e-9, 0.5),
      diagonal(...Array.from({ length: 60 }, (_, i) => 1 - i * 1e-3)),
      diagonal(0, 0, 2 ** -40),
      diagonal(1, 2 ** -30, 2 ** -60, 0),
      ones(1, 1),
      ones(1, 7),
      ones(7, 1),
      ones(6, 4),
      array([
        [1, -1],
        [1, -1],
        [-1, 1],
      ]),
      draw(
        [70, 45],
        (() => {
          const random = new Random(3);
          return () => random.normal() / 8;
        })(),
        'float64',
      ),
    ];
    for (const matrix of hard) {
      const { u, v } = largestPair(matrix);
      const exact = largest(matrix);
      for (const vector of [u, v]) expect(Math.hypot(...flat(vector))).to.be.closeTo(1, 1e-13);
      expect(flat(matmul(transpose(v), matmul(matrix, u)))[0]! / exact).to.be.closeTo(1, 1e-12);
    }
    const { u, v } = largestPair(full([3, 2], 0, 'float64'));
    for (const vector of [u, v]) expect(Math.hypot(...flat(vector))).to.be.closeTo(1, 1e-13);
  });

  it('is as right in float32, and at the ends of the numbers', () => {
    for (const [dtype, sizes, off] of [
      ['float32', [1, 1e-30, 1e37], 1e-6],
      ['float64', [1e-290, 1e307, 2 ** 1023], 1e-12],
    ] as const) {
      for (const size of sizes) {
        const matrix = cast(
          scale(
            array([
              [0.6, -0.25],
              [1, 0.75],
              [-0.5, 0.1],
            ]),
            size,
          ),
          dtype,
        );
        const epsilon = 1e-300;
        const layer = createWeightNormalization('spectral_norm', { epsilon });
        for (let call = 0; call < 3; call++) {
          const y = layer.forward(new Tensor(matrix)).value;
          expect(y.dtype).to.equal(dtype);
          expect(largest(y)).to.be.closeTo(1, off);
        }
      }
    }
  });
});

describe('the state of spectral_norm', () => {
  const weight = () =>
    new Tensor(
      array([
        [3, 0],
        [4, 5],
      ]),
    );

  it('starts at the singular vectors, of the first weight or of the kernel of a layer', () => {
    const layer = createWeightNormalization('spectral_norm');
    layer.forward(weight());
    const { u, v } = layer.stateDict();
    const close = (given: NdArray, wanted: readonly number[]) =>
      flat(given).forEach((value, i) => expect(value).to.be.closeTo(wanted[i]!, 1e-14));
    close(u!, [Math.SQRT1_2, Math.SQRT1_2]);
    close(v!, [Math.sqrt(0.1), Math.sqrt(0.9)]);
    // A layer that was built by a shape alone starts in its first call too, also at inference.
    const built = createWeightNormalization('spectral_norm').eval();
    built.build([2, 2], { dtype: 'float64' });
    expect(largest(built.forward(weight()).value)).to.be.closeTo(1, 1e-14);
    close(built.stateDict()['u']!, [Math.SQRT1_2, Math.SQRT1_2]);
  });

  it('stays as it was loaded', () => {
    const layer = createWeightNormalization('spectral_norm').eval();
    layer.build([2, 2], { dtype: 'float64' });
    layer.loadStateDict({ u: [1, 0], v: [1, 0] });
    // uᵀ M v = 3.
    expect([...flat(layer.forward(weight()).value)]).to.deep.equal([1, 0, 4 / 3, 5 / 3]);
    layer.loadStateDict({ u: [-1, 0], v: [1, 0] });
    expect([...flat(layer.forward(weight()).value)]).to.deep.equal([1, 0, 4 / 3, 5 / 3]);
  });

  it('moves in training alone, and not in a layer that is frozen', () => {
    const layer = normalizeWeights(dense(), 'spectral_norm');
    const state = () => [...layer.statistics().values()].flatMap(({ value }) => [...flat(value)]);
    const [x, before] = [randomNormal([2, 4], { seed: 2 }), state()];
    for (const weight of layer.parameters()) weight.value = randomNormal(weight.shape, { seed: 3 }).value;
    layer.eval().forward(x);
    expect(state()).to.deep.equal(before);
    layer.train().freeze().forward(x);
    expect(state()).to.deep.equal(before);
    layer.unfreeze().forward(x);
    expect(state()).not.to.deep.equal(before);
  });

  it('starts anew after a weight of zeros, which leaves none', () => {
    const layer = createWeightNormalization('spectral_norm');
    layer.forward(weight());
    const y = layer.forward(new Tensor(full([2, 2], 0, 'float64')));
    expect([...flat(y.value)]).to.deep.equal([0, 0, 0, 0]);
    expect([...flat(layer.stateDict()['u']!)]).to.deep.equal([0, 0]);
    expect(largest(layer.eval().forward(weight()).value)).to.be.closeTo(1, 1e-14);
    expect(largest(layer.train().forward(weight()).value)).to.be.closeTo(1, 1e-14);
    expect(Math.hypot(...flat(layer.stateDict()['u']!))).to.be.closeTo(1, 1e-14);
  });

  it('is constant for the gradient, which is that of a division by σ with u and v held', () => {
    const x = randomNormal([4, 3], { seed: 1, dtype: 'float64' });
    const layer = createWeightNormalization('spectral_norm');
    layer.build([4, 3], { dtype: 'float64' });
    layer.loadStateDict({ u: [0.6, 0, 0.8], v: [1, 0, 0, 0] });
    const { value, pullback } = vjp(() => layer.forward(x));
    const seed = randomNormal([4, 3], { seed: 2, dtype: 'float64' });
    const dx = flat(pullback(seed).of(x)!.value);
    const { u, v } = layer.stateDict();
    // Differences of y(x) = x / uᵀ x v with the u and v after the call.
    const held = createWeightNormalization('spectral_norm').eval();
    held.build([4, 3], { dtype: 'float64' });
    held.loadStateDict({ u: u!, v: v! });
    const at = (i: number, by: number) => {
      const moved = Float64Array.from(flat(x.value), (number, k) => (k === i ? number + by : number));
      const y = Float64Array.from(flat(held.forward(new Tensor(fromSource(moved, { shape: [4, 3] }))).value));
      return y.reduce((sum, number, k) => sum + number * flat(seed.value)[k]!, 0);
    };
    expect([...flat(held.forward(x).value)]).to.deep.equal([...flat(value.value)]);
    dx.forEach((g, i) => expect(g).to.be.closeTo((at(i, 1e-5) - at(i, -1e-5)) / 2e-5, 1e-8));
  });

  it('has the name of what it is in the definition', () => {
    expect(Object.keys(weightNorms.spectral_norm.state!)).to.deep.equal(['u', 'v']);
  });
});

const dense = () => {
  const layer = new Dense(3, { seed: 1 });
  layer.build([1, 4]);
  return layer;
};
