import { expect } from 'chai';
import fc from 'fast-check';
import { fromSource, toNested } from '../../src/array/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { Module } from '../../src/nn/module.js';
import { ExponentialMovingAverage } from '../../src/train/index.js';

class Pair extends Module {
  readonly first = new Parameter(tensor(Float64Array.of(1, 2)));
  readonly second = new Parameter(tensor(Float64Array.of(3)));

  override forward(x: Tensor): Tensor {
    return x;
  }

  set(a: number, b: number, c: number): void {
    this.first.value = fromSource(Float64Array.of(a, b));
    this.second.value = fromSource(Float64Array.of(c));
  }

  get numbers(): unknown {
    return [this.first.toArray(), this.second.toArray()];
  }
}

const averageOf = (average: ExponentialMovingAverage): readonly number[] =>
  Object.values(average.stateDict()).flatMap(({ data }) => [...data]);

describe('ExponentialMovingAverage', () => {
  it('weights past values by powers of its decay', () => {
    const number = fc.double({ min: -5, max: 5, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(number, { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (seen, decay) => {
          const model = new Pair();
          const average = new ExponentialMovingAverage(model, { decay });
          for (const w of seen) {
            model.set(w, 2 * w, -w);
            average.update();
          }
          // The first weighs decayⁿ⁻¹, each other (1 − decay) decay^age.
          const expected = seen.reduce((sum, w, i) => {
            const age = seen.length - 1 - i;
            return sum + w * (i === 0 ? decay ** age : (1 - decay) * decay ** age);
          }, 0);
          [1, 2, -1].forEach((factor, i) =>
            expect(averageOf(average)[i]).to.be.closeTo(factor * expected, 1e-12),
          );
        },
      ),
    );
  });

  it('stays between the smallest and the largest weight', () => {
    const model = new Pair();
    const average = new ExponentialMovingAverage(model);
    for (let i = 0; i < 5; i++) average.update();
    expect(averageOf(average)).to.deep.equal([1, 2, 3]);
    expect(average.decay).to.equal(0.999);
  });

  it('swaps weights and averages back and forth, to the bit, even if f throws', () => {
    const model = new Pair();
    const average = new ExponentialMovingAverage(model, { decay: 0.5 });
    average.update();
    model.set(3, 2, 1);
    average.update();
    const [weights, averages] = [
      [[3, 2], [1]],
      [[2, 2], [2]],
    ];
    average.swap();
    expect(model.numbers).to.deep.equal(averages);
    expect(averageOf(average)).to.deep.equal([2, 2, 2]);
    expect(average.within(() => model.numbers)).to.deep.equal(averages);
    expect(() => average.update()).to.throw(
      'ExponentialMovingAverage.update: expected a model that holds its weights',
    );
    expect(() => average.loadStateDict({})).to.throw(
      'expected a model that holds its weights, received "one that holds the averages".',
    );
    average.swap();
    expect(model.numbers).to.deep.equal(weights);
    expect(average.within(() => model.numbers)).to.deep.equal(averages);
    expect(() =>
      average.within(() => {
        throw new RangeError('f');
      }),
    ).to.throw(RangeError);
    expect(model.numbers).to.deep.equal(weights);
    expect(averageOf(average)).to.deep.equal([2, 2, 2]);
  });

  it('continues from a saved state, and refuses one that does not fit', () => {
    const model = new Pair();
    const [one, other] = [0, 1].map(() => new ExponentialMovingAverage(model, { decay: 0.5 })) as [
      ExponentialMovingAverage,
      ExponentialMovingAverage,
    ];
    one.update();
    model.set(5, 6, 7);
    const state = one.stateDict();
    other.loadStateDict(
      Object.fromEntries(Object.entries(state).map(([name, value]) => [name, toNested(value)])),
    );
    one.update();
    other.update();
    expect(averageOf(other)).to.deep.equal(averageOf(one)).and.deep.equal([3, 4, 5]);
    state['first']!.data.fill(9);
    expect(averageOf(one)).to.deep.equal([3, 4, 5]);
    expect(() => other.loadStateDict({ first: [1, 2] })).to.throw('expected a value for second');
    expect(() => other.loadStateDict({ first: [1, 2], second: [1, 2] })).to.throw(
      'second: expected the shape [1]',
    );
    expect(averageOf(other)).to.deep.equal([3, 4, 5]);
    other.loadStateDict({});
    expect(averageOf(other)).to.deep.equal([]);
    other.within(() => expect(model.numbers).to.deep.equal([[5, 6], [7]]));
    expect(() => new ExponentialMovingAverage(model, { decay: 1 })).to.throw(
      'ExponentialMovingAverage.decay: expected',
    );
  });
});
