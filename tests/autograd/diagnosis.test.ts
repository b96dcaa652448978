import { expect } from 'chai';
import { type NdArray, flat, map, mean, mul, sub } from '../../src/array/index.js';
import { gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { mul as times, sum as total } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';
import { findings, shares } from './spoilt.js';

describe('the diagnosis of a gradient', () => {
  it('knows the sizes that a factor may come from', () => {
    const times = (shape: readonly number[], factor: number) =>
      findings(shape, (right) => right.map((v) => v * factor))[0]!.replace(
        /^The gradient of input 0 is off by /,
        '',
      );
    const sum = 'is a sum taken where a mean belongs?';
    const average = 'is a mean taken where a sum belongs?';
    expect(times([3, 5], 5)).to.equal(`a factor of 5, the size of a row: ${sum}`);
    expect(times([3, 5], 3)).to.equal(`a factor of 3, the count of rows: ${sum}`);
    expect(times([3, 5], 15)).to.equal(`a factor of 15, the count of numbers: ${sum}`);
    expect(times([3, 5], 1 / 3)).to.equal(`a factor of 0.3333, 1 over the count of rows: ${average}`);
    expect(times([3, 5], 1 / 15)).to.equal(`a factor of 0.06667, 1 over the count of numbers: ${average}`);
    expect(times([3, 2], 2)).to.equal(`a factor of 2, the size of a row: ${sum}`);
    expect(times([3, 5], 0.7)).to.equal('a factor of 0.7.');
    expect(times([5], 1 + 1e-6)).to.equal('a factor of 1.000001.');
    expect(times([3, 5], -1)).to.equal('a factor of -1: is a sign turned around?');
  });

  it('means the same for small gradients and for large ones', () => {
    for (const unit of [2 ** -30, 1, 2 ** 30]) {
      const pattern = (spoil: (v: number, i: number, x: Float64Array, all: Float64Array) => number) =>
        findings([4, 3], (right, x) => right.map((v, i) => spoil(v, i, x, right)), unit);
      expect(pattern((v) => v * 2.5)).to.deep.equal(['The gradient of input 0 is off by a factor of 2.5.']);
      expect(pattern((v, i, x, all) => (i === 4 ? all[0]! : v))).to.deep.equal([
        'The gradient of input 0 is wrong in 1 of 4 rows and right in the others: are rows mixed up, or only one of them summed?',
      ]);
      expect(pattern((v, i, x, all) => v + shares(all) * Math.cos(3 * i))).to.deep.equal([
        'The gradient of input 0 is wrong in no pattern that is known here.',
      ]);
      expect(pattern((v, i, x, all) => v + shares(all) * x[i]!)).to.deep.equal([
        'The gradient of input 0 is off along the input itself: is a projection missing, or scaled wrongly?',
      ]);
    }
  });

  it('requires that every wrong row has the pattern', () => {
    const mixed = (base: (row: Float64Array, i: number) => number) =>
      findings([4, 3], (right, x) =>
        right.map((v, i) => {
          const row = Math.floor(i / 3);
          if (row === 0) return v;
          const share =
            shares(right) * (row === 3 ? Math.cos(3 * i) : base(x.subarray(3 * row, 3 * row + 3), i % 3));
          return v + share;
        }),
      );
    const said = [
      'The gradient of input 0 is wrong in 3 of 4 rows and right in the others: are rows mixed up, or only one of them summed?',
    ];
    expect(mixed(() => 1)).to.deep.equal(said);
    expect(mixed((row, i) => row[i]!)).to.deep.equal(said);
  });

  it('sees no pattern in rows of a single number', () => {
    expect(
      findings([3, 1], (right) => right.map((v, i) => v + shares(right) * Math.cos(3 * i))),
    ).to.deep.equal(['The gradient of input 0 is wrong in no pattern that is known here.']);
  });

  it('gives the sum of a row and the correct sum', () => {
    // The mean belongs off: the gradient of x − x̄ sums to 0.
    const f = primitive('centered', (x: NdArray) => ({
      value: sub(x, mean(x, -1)),
      pullback: (g) => [g],
    }));
    const [said] = gradcheck(f, [randomNormal([2, 3], { seed: 1, dtype: 'float64' })], { seed: 1 }).findings;
    const [, ours, theirs] = /its sum over the row is (\S+), not (\S+); was a mean not taken off\?$/.exec(
      said!,
    )!;
    const seed: number[] = [];
    const record = primitive('record', (x: NdArray) => ({
      value: map(x, (v) => v),
      pullback(g) {
        if (seed.length === 0) seed.push(...flat(g));
        return [g];
      },
    }));
    gradcheck(record, [randomNormal([2, 3], { seed: 1, dtype: 'float64' })], { seed: 1 });
    expect(Number(ours)).to.be.closeTo(seed[0]! + seed[1]! + seed[2]!, 1e-3);
    // What differences leave of 0 is 0, not 1.8e-13.
    expect(theirs).to.equal('0');
  });

  it('ignores positions where the slope jumps', () => {
    const f = primitive('turned', (x: NdArray) => ({
      value: map(x, Math.abs),
      pullback: (g) => [
        mul(
          g,
          map(x, (v) => -Math.sign(v)),
        ),
      ],
    }));
    expect(gradcheck(f, [tensor(Float64Array.of(-1, 0, 2))]).findings).to.deep.equal([
      'The gradient of input 0 is off by a factor of -1: is a sign turned around?',
    ]);
  });

  it('names gradients that are not finite', () => {
    expect(findings([5], (right) => right.map((v, i) => (i === 2 ? NaN : v)))).to.include(
      'The gradient of input 0 is not finite.',
    );
  });

  it('is made for inputs of up to 512 numbers, and only for those that are wrong', () => {
    const doubled = (right: Float64Array) => right.map((v) => 2 * v);
    expect(findings([4, 128], doubled)).to.deep.equal(['The gradient of input 0 is off by a factor of 2.']);
    expect(findings([3, 171], doubled)).to.deep.equal([
      'Input 0 is too large to say more of it: try a smaller one.',
    ]);
    const [large, x] = [1, 2].map((seed) => randomNormal([4], { seed, dtype: 'float64' }));
    for (const unit of [1e-9, 1e9]) {
      const f = primitive('two', (a: NdArray, b: NdArray) => ({
        value: mul(
          map(a, (v) => unit * Math.sin(v)),
          b,
        ),
        pullback: (g) => [
          mul(
            mul(g, b),
            map(a, (v) => unit * Math.cos(v)),
          ),
          map(
            mul(
              g,
              map(a, (v) => unit * Math.sin(v)),
            ),
            (v) => 3 * v,
          ),
        ],
      }));
      expect(gradcheck(f, [large!, x!]).findings).to.deep.equal([
        'The gradient of input 1 is off by a factor of 3.',
      ]);
    }
  });
});

describe('the diagnosis of two mistakes at once', () => {
  const [rows, width] = [4, 5];
  const at = (row: number, i: number): number => row * width + i;
  const each = (spoil: (row: number, i: number) => number) => (right: Float64Array) =>
    right.map((v, place) => v + shares(right) * spoil(Math.floor(place / width), place % width));

  it('knows a mean and a deviation that are both taken for constants, in rows and in columns', () => {
    const [a, b] = [
      [0.3, -0.7, 1.1, 0.2, 0.9],
      [0.4, 1.3, -0.6, 0.8, -1.2],
    ];
    const hint = 'are the mean and the deviation both taken for constants?';
    for (const [word, group] of [
      ['row', (row: number) => row],
      ['column', (_: number, i: number) => i],
    ] as const)
      expect(
        findings([rows, width], (right, x) =>
          each((row, i) => a[group(row, i)]! + b[group(row, i)]! * x[at(row, i)]!)(right),
        ),
      ).to.deep.equal([
        `The gradient of input 0 is off by a number and along the input, both in every ${word}: ${hint}`,
      ]);
  });

  it('knows single mistakes in columns, as of a norm over the batch', () => {
    const a = [0.3, -0.7, 1.1, 0.2, 0.9];
    expect(
      findings(
        [rows, width],
        each((_, i) => a[i]!),
      )[0],
    ).to.match(
      /^The gradient of input 0 is off by the same number all along a column: .* was a mean not taken off\?$/,
    );
    expect(
      findings([rows, width], (right, x) => each((row, i) => a[i]! * x[at(row, i)]!)(right))[0],
    ).to.equal(
      'The gradient of input 0 is off along the input itself: is a projection missing, or scaled wrongly?',
    );
  });

  it('finds no pattern if there is none', () => {
    const noise = Array.from({ length: rows * width }, (_, i) => Math.sin(7 * i * i + 1));
    expect(
      findings(
        [rows, width],
        each((row, i) => noise[at(row, i)]!),
      ),
    ).to.deep.equal(['The gradient of input 0 is wrong in no pattern that is known here.']);
  });
});

describe('what a check of gradients covers', () => {
  const square = (x: Tensor): Tensor => times(x, x);
  const coverage = (f: (x: Tensor) => Tensor, shape: readonly number[]): string =>
    gradcheck(f, [randomNormal(shape, { seed: 1, dtype: 'float64' })]).coverage;

  it('is the whole Jacobian, one gradient, or projections, and the report says which', () => {
    expect(coverage(square, [4, 6])).to.equal('the whole Jacobian is compared');
    expect(coverage(square, [30])).to.match(/^30 outputs are more than 24, so one gradient/);
    expect(coverage(square, [33])).to.match(
      /^33 inputs are more than 32, so each gradient is projected onto 3 random directions/,
    );
    expect(coverage(square, [32])).to.match(/^32 outputs are more than 24, so one gradient/);
    expect(coverage((x) => total(square(x)), [30])).to.equal('the whole Jacobian is compared');
  });
});
