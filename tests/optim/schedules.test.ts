import { expect } from 'chai';
import fc from 'fast-check';
import { NormtapeError } from '../../src/error.js';
import {
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  oneCycleSchedule,
  stepSchedule,
} from '../../src/optim/schedules.js';

const rates = fc.double({ min: 1e-3, max: 1, noNaN: true });
const counts = fc.integer({ min: 1, max: 50 });

describe('the schedules', () => {
  it('constant stays', () => {
    expect([0, 1, 1e6].map(constantSchedule(0.3))).to.deep.equal([0.3, 0.3, 0.3]);
  });

  it('cosine rises straight, falls along half a cosine, and stays down', () => {
    fc.assert(
      fc.property(
        rates,
        counts,
        counts,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (top, up, down, alpha) => {
          const at = cosineSchedule(top, down, { alpha, warmupSteps: up, warmupFrom: top / 10 });
          const near = (step: number, rate: number) => expect(at(step)).to.be.closeTo(rate, 1e-13);
          near(0, top / 10);
          near(up / 2, 0.55 * top);
          near(up, top);
          near(up + down / 2, (top * (1 + alpha)) / 2);
          near(up + down / 3, top * (alpha + (1 - alpha) * 0.75));
          near(up + down, alpha * top);
          near(up + 3 * down, alpha * top);
          const again = cosineSchedule(top, down, { alpha, periodic: true });
          expect(again(2 * down)).to.be.closeTo(top, 1e-15);
        },
      ),
    );
  });

  it('steps fall every so often, or where they are told to', () => {
    const rate = stepSchedule(8, 3, { factor: 0.5 });
    expect([0, 2, 3, 5, 6, 9].map(rate)).to.deep.equal([8, 8, 4, 4, 2, 1]);
    expect([0, 1, 2, 4, 5].map(stepSchedule(8, [2, 5], { factor: 0.5 }))).to.deep.equal([8, 8, 4, 4, 2]);
    expect(stepSchedule(8, 1)(1)).to.be.closeTo(0.8, 1e-15);
  });

  it('exponential falls evenly, or in a staircase', () => {
    const smooth = exponentialSchedule(1, 4, 0.25);
    expect([0, 2, 4, 8].map(smooth)).to.deep.equal([1, 0.5, 0.25, 0.0625]);
    const stairs = exponentialSchedule(1, 4, 0.25, { staircase: true });
    expect([0, 3, 4, 7, 8].map(stairs)).to.deep.equal([1, 1, 0.25, 0.25, 0.0625]);
  });

  it('one cycle goes from a share of the rate to it, and down to a share of that share', () => {
    fc.assert(
      fc.property(
        rates,
        fc.integer({ min: 2, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (top, total, up) => {
          const at = oneCycleSchedule(top, total, { warmupShare: up, divideBy: 10, finalDivideBy: 100 });
          const all = Array.from({ length: total + 3 }, (_, step) => at(step));
          expect(
            all.every((rate) => rate >= (top / 1000) * (1 - 1e-12) && rate <= top * (1 + 1e-12)),
          ).to.equal(true);
          if (up * total > 1) expect(all[0]).to.be.closeTo(top / 10, 1e-15);
          if (up === 1) expect(all[total - 1]).to.equal(top);
          if (up * total < total)
            expect(all.slice(total - 1)).to.satisfy((end: number[]) =>
              end.every((rate) => Math.abs(rate - top / 1000) < 1e-15),
            );
        },
      ),
    );
    // Worked by hand: the way up takes steps 0 to 2, the way down 2 to 9.
    const at = oneCycleSchedule(1, 10);
    expect(at(0)).to.be.closeTo(0.04, 1e-15);
    expect(at(1)).to.be.closeTo(0.52, 1e-15);
    expect(at(2)).to.be.closeTo(1, 1e-15);
    expect(at(9)).to.be.closeTo(0.04 / 1e4, 1e-15);
    expect(at(5.5)).to.be.closeTo((1 + 0.04 / 1e4) / 2, 1e-15);
  });

  it('refuse wrong numbers', () => {
    expect(() => constantSchedule(-1)).to.throw(
      NormtapeError,
      'constantSchedule.learningRate: expected a finite number from 0, received -1.',
    );
    expect(() => cosineSchedule(1, 0)).to.throw(
      'cosineSchedule.decaySteps: expected a finite number above 0',
    );
    expect(() => cosineSchedule(1, 5, { alpa: 1 } as never)).to.throw('Did you mean alpha?');
    expect(() => stepSchedule(1, 0)).to.throw(
      'stepSchedule.stairs: expected a whole number above 0, or a list of them, received 0.',
    );
    expect(() => stepSchedule(1, [2, 2.5])).to.throw('received [2,2.5].');
    expect(() => exponentialSchedule(1, 1, -1)).to.throw('exponentialSchedule.decayRate');
    expect(() => oneCycleSchedule(1, 1)).to.throw(
      'oneCycleSchedule.totalSteps: expected a whole number from 2',
    );
  });
});
