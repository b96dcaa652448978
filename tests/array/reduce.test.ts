import { expect } from 'chai';
import fc from 'fast-check';
import {
  type NdArray,
  across,
  cast,
  flat,
  fromFlat,
  magnitude,
  max,
  mean,
  min,
  positiveAxes,
  sum,
} from '../../src/array/index.js';
import { elements, views } from '../support/views.js';

/** A view and some of its axes. */
const reductions = fc
  .array(fc.integer({ min: 1, max: 4 }), { maxLength: 5 })
  .chain((shape) => fc.tuple(views(shape), fc.subarray(shape.map((_, axis) => axis))));

/** The groups that fall together when these axes are cut to 1, in order, by their indices alone. */
function groupsOf(a: NdArray, axes: readonly number[]): number[][] {
  const groups = new Map<string, number[]>();
  const visit = (index: readonly number[]): void => {
    if (index.length < a.shape.length) {
      for (let i = 0; i < a.shape[index.length]!; i++) visit([...index, i]);
      return;
    }
    const key = index.filter((_, axis) => !axes.includes(axis)).join();
    groups.set(key, [...(groups.get(key) ?? []), a.get(...index)]);
  };
  visit([]);
  return [...groups.values()];
}

describe('reductions', () => {
  const folds: Record<string, [typeof sum, (group: number[]) => number]> = {
    sum: [sum, (group) => group.reduce((total, x) => total + x, 0)],
    mean: [mean, (group) => group.reduce((total, x) => total + x, 0) / group.length],
    max: [max, (group) => Math.max(...group)],
    min: [min, (group) => Math.min(...group)],
  };
  for (const [name, [fold, define]] of Object.entries(folds)) {
    it(`${name} is that of each group, over any axes`, () => {
      fc.assert(
        fc.property(reductions, ([a, axes]) => {
          const folded = fold(a, axes);
          expect(folded.shape).to.deep.equal(across(a.shape, axes));
          expect(elements(folded)).to.deep.equal(groupsOf(a, axes).map(define));
        }),
      );
    });
  }

  it('keep a NaN, wherever it stands', () => {
    for (const data of [
      [NaN, 1, 2],
      [1, NaN, 2],
      [1, 2, NaN],
    ]) {
      const a = fromFlat(Float64Array.from(data), [3]);
      for (const fold of [sum, mean, max, min]) expect(flat(fold(a, 0))[0]).to.be.NaN;
    }
  });

  it('sum float32 in float64, over several runs of axes too', () => {
    const a = fromFlat(Float32Array.of(1e8, 1, 1, 1, -1e8, 1, 1, 1), [2, 2, 2]);
    expect(flat(sum(a, [0, 1, 2]))[0]).to.equal(6);
    expect(flat(sum(a, [0, 2]))[0]).to.equal(2);
    expect(sum(a, [0, 2]).dtype).to.equal('float32');
  });

  it('leave the array alone when no axis is named', () => {
    const a = cast(fromFlat(Float64Array.of(1, 2), [2]), 'float64');
    expect(sum(a, [])).not.to.equal(a);
    expect([...flat(sum(a, []))]).to.deep.equal([1, 2]);
  });

  it('name the axes that they cannot find', () => {
    expect(positiveAxes([-1, 0], 3)).to.deep.equal([0, 2]);
    for (const axes of [3, -4, [0, 0], [0, -3], [0.5], NaN]) {
      expect(() => positiveAxes(axes, 3, 'here')).to.throw('here: expected distinct axes between -3 and 2');
    }
    expect(() => positiveAxes(0, 0)).to.throw('no axis for an array of rank 0');
  });

  it('find the largest power of two that is not above a group, up to the ends of the numbers', () => {
    const below = (x: number) => flat(magnitude(fromFlat(Float64Array.of(x, 0), [2]), 0))[0];
    for (let k = -1074; k <= 1023; k++) {
      const power = 2 ** k;
      expect(below(power), `2^${k}`).to.equal(power);
      // The next number below a power of two, whose logarithm is rounded to that of the power.
      if (k > -1022) expect(below(power * (1 - 2 ** -53)), `below 2^${k}`).to.equal(power / 2);
    }
    expect(below(-Number.MAX_VALUE)).to.equal(2 ** 1023);
    for (const x of [0, NaN, Infinity]) expect(below(x)).to.equal(1);
  });
});
