import { expect } from 'chai';
import fc from 'fast-check';
import { fromSource } from '../../src/array/index.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { NormtapeError } from '../../src/error.js';
import { linearSchedule, polynomialSchedule } from '../../src/optim/polynomial.js';
import { warmRestartsSchedule } from '../../src/optim/restarts.js';
import {
  type Schedule,
  constantSchedule,
  cosineSchedule,
  exponentialSchedule,
  oneCycleSchedule,
  stepSchedule,
} from '../../src/optim/schedules.js';
import { SGD } from '../../src/optim/sgd.js';
import { reduceOnPlateau } from '../../src/train/index.js';

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

describe('the schedules of Keras that have no vectors here', () => {
  const near = (schedule: Schedule, rates: readonly number[]) =>
    rates.forEach((rate, step) => expect(schedule(step), `step ${step}`).to.be.closeTo(rate, 1e-15));

  it('starts again after periods that double, from less each time', () => {
    // Keras: i = floor(log₂(1 + step / 2)); the share is (step / 2 − (2^i − 1)) / 2^i.
    const schedule = warmRestartsSchedule(1, 2, { rateFactor: 0.5, alpha: 0.1 });
    const fall = (height: number, share: number) =>
      0.1 + 0.9 * height * ((1 + Math.cos(Math.PI * share)) / 2);
    near(schedule, [
      1,
      fall(1, 1 / 2),
      0.55,
      fall(0.5, 1 / 4),
      fall(0.5, 1 / 2),
      fall(0.5, 3 / 4),
      fall(0.25, 0),
      fall(0.25, 1 / 8),
    ]);
    const same = warmRestartsSchedule(1, 3, { convention: 'pytorch', rateFactor: 0.5 });
    expect([same(0), same(3), same(6), same(7)]).to.deep.equal([
      1,
      0.5,
      0.25,
      (0.25 * (1 + Math.cos(Math.PI / 3))) / 2,
    ]);
  });

  it('falls by a power to the end rate, or goes on in longer ways', () => {
    near(polynomialSchedule(1, 4, { endRate: 0.2 }), [1, 0.8, 0.6, 0.4, 0.2, 0.2]);
    near(polynomialSchedule(1, 2, { endRate: 0, power: 2, cycle: true }), [1, 1 / 4, 0, 1 / 16, 0, 1 / 36]);
    expect(polynomialSchedule(1, 4)(9)).to.equal(1e-4);
    expect(polynomialSchedule(1, 4, { convention: 'pytorch' })(9)).to.equal(0);
  });

  it('goes straight', () => {
    near(linearSchedule(2, 4), [2, 1.5, 1, 0.5, 0, 0]);
    near(linearSchedule(2, 2, { startFactor: 0, endFactor: 1 }), [0, 1, 2, 2]);
  });

  it('refuses wrong numbers, NaN among them', () => {
    for (const [make, message] of [
      [
        () => warmRestartsSchedule(NaN, 2),
        'warmRestartsSchedule.learningRate: expected a finite number from 0',
      ],
      [() => warmRestartsSchedule(1, 0), 'warmRestartsSchedule.firstPeriod'],
      [() => warmRestartsSchedule(1, 2, { periodFactor: 0.5 }), 'warmRestartsSchedule.periodFactor'],
      [() => polynomialSchedule(1, NaN), 'polynomialSchedule.decaySteps'],
      [() => linearSchedule(1, 2, { endFactor: NaN }), 'linearSchedule.endFactor'],
    ] as const) {
      expect(make).to.throw(message);
    }
  });
});

describe('reduceOnPlateau', () => {
  it('counts as Keras does, through cooldowns and down to the least rate', () => {
    // Keras: wait ≥ patience reduces; while cooling nothing waits; minDelta is absolute.
    const callback = reduceOnPlateau({ factor: 0.5, patience: 2, minDelta: 0.1, cooldown: 2, minRate: 0.2 });
    const optimizer = new SGD({ learningRate: 1 });
    const rates = [5, 4.95, 4.95, 4.95, 4.95, 4.95, 4.95, 1, 1, 1, 1, 1, 1, 1].map((loss) => {
      callback.epoch!({ epoch: 1, steps: 1, loss, rate: 1 }, { optimizer } as never);
      return optimizer.rate;
    });
    expect(rates).to.deep.equal([1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2, 0.2, 0.2, 0.2, 0.2]);
  });

  it('keeps the form of schedules and of groups', () => {
    const [a, b] = [1, 2].map((w) => new Parameter(fromSource([w])));
    const groups = [{ parameters: [b!], learningRate: 0.2 }];
    const optimizer = new SGD({ learningRate: (step) => 1 / (1 + step), groups });
    const callback = reduceOnPlateau({ factor: 0.5, patience: 1 });
    for (const loss of [1, 1]) {
      callback.epoch!({ epoch: 1, steps: 1, loss, rate: 1 }, { optimizer } as never);
    }
    optimizer.step(new Gradients(new Map([a!, b!].map((leaf) => [leaf, tensor([1])]))));
    expect([a!.item(), b!.item()]).to.deep.equal([0.5, Math.fround(1.9)]);
    expect(optimizer.rate).to.equal(0.25);
  });
});
