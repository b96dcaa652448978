import { expect } from 'chai';
import {
  type NdArray,
  flat,
  fromFlat,
  full,
  map,
  mean,
  mul,
  scale,
  sub,
  sumTo,
} from '../../src/array/index.js';
import { gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { primitive } from '../../src/autograd/primitive.js';
import { randomNormal } from '../../src/ops/create.js';
import { findings, shares } from './spoilt.js';

const MIXED = 'are rows mixed up, or only one of them summed?';
const FACTORS = [0.3, -0.7, 1.1, 0.2, 0.9, -1.3];

/** A mistake in a group of numbers, which the gradients of some groups have: one share of it for each number. */
type Mistake = (group: Float64Array, k: number) => number[];

const meanOf = (group: Float64Array): number => group.reduce((sum, v) => sum + v, 0) / group.length;
const number: Mistake = (group, k) => Array.from(group, () => FACTORS[k]!);
const along: Mistake = (group, k) => Array.from(group, (v) => FACTORS[k]! * v);
const alongCentered: Mistake = (group, k) => Array.from(group, (v) => FACTORS[k]! * (v - meanOf(group)));
const both: Mistake = (group, k) => Array.from(group, (v) => FACTORS[k]! + FACTORS[k + 1]! * v);

/** The diagnosis of a mistake in some rows along the last axis, or in some columns across the others. */
function diagnosed(
  shape: readonly number[],
  mistake: Mistake,
  where: readonly number[],
  word: 'row' | 'column' = 'row',
): readonly string[] {
  const width = shape.at(-1)!;
  return findings(shape, (right, x) => {
    const spoilt = right.slice();
    const count = x.length / width;
    for (const k of where) {
      const places = Array.from({ length: word === 'row' ? width : count }, (_, i) =>
        word === 'row' ? k * width + i : i * width + k,
      );
      const parts = mistake(
        Float64Array.from(places, (place) => x[place]!),
        k,
      );
      places.forEach((place, i) => (spoilt[place]! += shares(right) * parts[i]!));
    }
    return spoilt;
  });
}

const OFF = 'The gradient of input 0 is off';
const SCALED = 'is a projection missing, or scaled wrongly?';
const CONSTANTS = 'are the mean and the deviation both taken for constants?';

describe('the diagnosis of a mistake in some places', () => {
  for (const [word, places, counted] of [
    ['row', [1, 2], '2 of 4 rows'],
    ['column', [0, 3, 4], '3 of 5 columns'],
  ] as const) {
    it(`says in how many ${word}s it is`, () => {
      const said = (mistake: Mistake) => diagnosed([4, 5], mistake, places, word);
      const [first] = said(number);
      expect(first).to.contain(
        `${OFF} by the same number all along a ${word} in ${counted}: its sum over the ${word} is `,
      );
      expect(said(along)).to.deep.equal([`${OFF} along the input itself in ${counted}: ${SCALED}`]);
      expect(said(alongCentered)).to.deep.equal([
        `${OFF} along the input less its mean in ${counted}: ${SCALED}`,
      ]);
      expect(said(both)).to.deep.equal([
        `${OFF} by a number and along the input, both in every ${word} in ${counted}: ${CONSTANTS}`,
      ]);
    });
  }

  it('needs rows of two numbers, and of three for two mistakes at once', () => {
    const all = [0, 1, 2, 3];
    expect(diagnosed([4, 2], along, all)).to.deep.equal([`${OFF} along the input itself: ${SCALED}`]);
    expect(diagnosed([4, 2], alongCentered, all)).to.deep.equal([
      `${OFF} along the input less its mean: ${SCALED}`,
    ]);
    expect(diagnosed([4, 3], both, all)).to.deep.equal([
      `${OFF} by a number and along the input, both in every row: ${CONSTANTS}`,
    ]);
    expect(diagnosed([4, 2], both, all)).to.deep.equal([
      'The gradient of input 0 is wrong in no pattern that is known here.',
    ]);
  });

  it('takes rows along the last axis, however many axes there are', () => {
    expect(diagnosed([2, 2, 5], along, [1, 3])).to.deep.equal([
      `${OFF} along the input itself in 2 of 4 rows: ${SCALED}`,
    ]);
    expect(diagnosed([6], number, [0])[0]).to.contain(`${OFF} by the same number all along a row: its sum`);
  });
});

describe('the diagnosis of gradients that are small or 0', () => {
  it('passes over an input on which nothing depends', () => {
    const f = primitive('first', (a: NdArray, b: NdArray) => ({
      value: map(a, Math.sin),
      pullback: (g) => [scale(mul(g, map(a, Math.cos)), 3), full(b.shape, 0, 'float64')],
    }));
    const inputs = [1, 2].map((seed) => randomNormal([2, 3], { seed, dtype: 'float64' }));
    expect(gradcheck(f, inputs).findings).to.deep.equal([
      `${OFF} by a factor of 3, the size of a row: is a sum taken where a mean belongs?`,
    ]);
  });

  it('knows the wrong rows of a constant', () => {
    const idle = primitive('idle', (x: NdArray) => ({
      value: map(x, () => 1),
      pullback: (g) => [
        fromFlat(
          Float64Array.from(flat(g), (v, i) => (i < 3 || i > 5 ? 0 : v)),
          [4, 3],
        ),
      ],
    }));
    expect(gradcheck(idle, [randomNormal([4, 3], { seed: 3, dtype: 'float64' })]).findings).to.deep.equal([
      `The gradient of input 0 is wrong in 1 of 4 rows and right in the others: ${MIXED}`,
    ]);
  });

  it('tells a sum of 0 from a small one, whatever the unit', () => {
    for (const unit of [2 ** -30, 1, 2 ** 30]) {
      const f = primitive('centered', (x: NdArray) => ({
        value: scale(sub(x, mean(x, -1)), unit),
        pullback: (g) => [scale(g, unit)],
      }));
      const [said] = gradcheck(f, [randomNormal([2, 3], { seed: 1, dtype: 'float64' })]).findings;
      const [, ours, theirs] = /its sum over the row is (\S+), not (\S+); was a mean not taken off\?$/.exec(
        said!,
      )!;
      expect(Math.abs(Number(ours)) / unit).to.be.above(0.01);
      expect(theirs).to.equal('0');
    }
  });

  it('exists for every size of a mistake', () => {
    const signs = [1, 1, 1, -1];
    for (let exponent = -16; exponent <= 0; exponent++) {
      const f = primitive('summed', (x: NdArray) => ({
        value: sumTo(x, []),
        pullback: (g) => [
          fromFlat(
            Float64Array.from(signs, (sign) => flat(g)[0]! * (1 + sign * 1.3 ** exponent * 1e-5)),
            [4],
          ),
        ],
      }));
      const { ok, findings: said } = gradcheck(f, [randomNormal([4], { seed: 1, dtype: 'float64' })]);
      expect([ok, said.length], String(exponent)).to.deep.equal([false, 1]);
      expect(said[0]).to.match(
        /^The gradient of input 0 is (off by a factor of 1\.?\d*|wrong in no pattern)/,
      );
    }
  });
});
