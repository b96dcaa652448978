import { expect } from 'chai';
import { matmul } from '../../src/kernels/js/matmul.js';

/** A matrix of this many columns, row after row. */
const rows = (data: Float32Array | Float64Array, columns: number, at = 0) => ({
  data,
  at,
  row: columns,
  column: 1,
});

/** A matrix of this many rows, column after column. */
const columns = (data: Float32Array | Float64Array, height: number) => ({
  data,
  at: 0,
  row: 1,
  column: height,
});

/** The whole numbers from −4 to 4, over and over: their products and sums are exact. */
const numbers = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, i) => ((i * 7) % 9) - 4);

describe('the matrix product in JavaScript', () => {
  const [m, n] = [5, 6];

  for (const k of [3, 256, 257, 600]) {
    it(`overwrites the product, and nothing else, with a depth of ${k}`, () => {
      const [a, b] = [numbers(m * k), numbers(k * n + 1)];
      const expected = Array.from({ length: m * n }, (_, at) => {
        const [i, j] = [Math.floor(at / n), at % n];
        return Array.from({ length: k }, (_, l) => a[i * k + l]! * b[1 + l * n + j]!).reduce((x, y) => x + y);
      });
      const turned = Float64Array.from({ length: m * k }, (_, at) => a[(at % m) * k + Math.floor(at / m)]!);
      for (const Store of [Float32Array, Float64Array]) {
        for (const left of [rows(Store.from(a), k), columns(Store.from(turned), m)]) {
          const out = new Store(m * n + 5).fill(NaN, 2, -3);
          matmul(m, k, n, left, rows(Store.from(b), n, 1), out, 2);
          expect([...out.subarray(2, -3)]).to.deep.equal(expected.map((x) => x + 0));
          expect([...out.subarray(0, 2), ...out.subarray(-3)]).to.deep.equal([0, 0, 0, 0, 0]);
        }
      }
    });
  }

  it('rounds sums to float32 once, at any depth', () => {
    const a = new Float32Array(700);
    [a[0], a[300], a[650]] = [2 ** 24, 1, -(2 ** 24)];
    const out = new Float32Array(1);
    matmul(1, 700, 1, rows(a, 700), rows(new Float32Array(700).fill(1), 1), out, 0);
    expect(out[0]).to.equal(1);
  });

  it('keeps infinities in their rows and columns', () => {
    const out = new Float64Array(4).fill(7);
    matmul(3, 1, 1, rows(Float64Array.of(Infinity, 1, 2), 1), rows(Float64Array.of(1), 1), out, 0);
    expect([...out]).to.deep.equal([Infinity, 1, 2, 7]);
    matmul(1, 1, 3, rows(Float64Array.of(1), 1), rows(Float64Array.of(2, Infinity, 3), 3), out, 0);
    expect([...out]).to.deep.equal([2, Infinity, 3, 7]);
  });
});
