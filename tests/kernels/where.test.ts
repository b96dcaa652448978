import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import { normalizeWhere, normalizeWhereBack } from '../../src/kernels/js/where.js';
import type { Numbers } from '../../src/kernels/numbers.js';
import { STATISTICS, type Where } from '../../src/kernels/positions.js';
import * as wasm from '../../src/kernels/wasm/where.js';
import { ranCompiled } from './fallbacks.js';
import { random } from './wasm/laboratory.js';
import { numbers } from './wasm/normalization.js';

type Store = typeof Float32Array | typeof Float64Array;

interface Question {
  readonly Store: Store;
  readonly task: Omit<Where, 'statistics'>;
  readonly gradient: Numbers;
}

const questions: fc.Arbitrary<Question> = fc
  .record({
    Store: fc.constantFrom(Float32Array, Float32Array, Float64Array),
    outer: fc.integer({ min: 1, max: 3 }),
    n: fc.integer({ min: 1, max: 6 }),
    groups: fc.constantFrom(1, 2, 3, 4, 8),
    size: fc.constantFrom(1, 2, 3, 4, 8),
    masked: fc.boolean(),
    centered: fc.boolean(),
    extra: fc.constantFrom(0, 0, 0.25),
    gained: fc.boolean(),
    shifted: fc.boolean(),
    perBlock: fc.boolean(),
    perPosition: fc.boolean(),
    seed: fc.integer(),
  })
  .map(({ Store, outer, n, groups, size, seed, ...chosen }) => {
    const next = random(seed);
    const channels = groups * size;
    const step = chosen.perPosition ? channels : 0;
    const steps = { outer: chosen.perBlock ? (step ? n * step : channels) : 0, n: step };
    const count = (chosen.perBlock ? outer : 1) * (chosen.perPosition ? n : 1) * channels;
    const some = (length: number) => numbers(Store, length, next, 3);
    return {
      Store,
      task: {
        x: some(outer * n * channels).map((value) => value + 5),
        channels: { outer, n, groups, size },
        mask: chosen.masked ? Float32Array.from({ length: outer * n }, () => +(next() > 0.4)) : undefined,
        centered: chosen.centered,
        extra: chosen.extra,
        epsilon: 0.01,
        gain: chosen.gained ? some(count) : undefined,
        shift: chosen.shifted ? some(count) : undefined,
        steps,
      },
      gradient: some(outer * n * channels),
    };
  });

/** The places of the numbers of each group, with those of their weights and whether they count. */
function placesOf({ channels, mask, steps }: Question['task']) {
  const { outer, n, groups, size } = channels;
  const found = Array.from({ length: outer * groups }, (): { p: number; w: number; on: number }[] => []);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < n; i++)
      for (let k = 0; k < groups * size; k++) {
        const group = o * groups + Math.floor(k / size);
        const position = o * n + i;
        const w = o * steps.outer + i * steps.n + k;
        found[group]!.push({ p: position * groups * size + k, w, on: mask ? mask[position]! : 1 });
      }
  return found;
}

/** y by its definition, in float64, for any x. */
function defined(task: Question['task'], x: readonly number[] | Numbers): Float64Array {
  const out = new Float64Array(x.length);
  for (const places of placesOf(task)) {
    const counting = places.filter(({ on }) => on);
    const total = counting.length + task.extra;
    const sum = counting.reduce((a, { p }) => a + x[p]!, 0);
    const mean = task.centered && total > 0 ? sum / total : 0;
    const squares = counting.reduce((a, { p }) => a + (x[p]! - mean) ** 2, 0);
    const length = Math.sqrt((total > 0 ? squares / total : 0) + task.epsilon);
    for (const { p, w } of places) {
      const unit = total > 0 ? (x[p]! - mean) / length : 0;
      out[p] = unit * (task.gain?.[w] ?? 1) + (task.shift?.[w] ?? 0);
    }
  }
  return out;
}

/** Runs both passes of a kernel. */
function run({ Store, task, gradient }: Question, kernels: typeof wasm) {
  const { outer, groups } = task.channels;
  const own = { ...task, statistics: new Float64Array(outer * groups * STATISTICS) };
  const [y, ofX] = [new Store(task.x.length).fill(7), new Store(task.x.length).fill(7)];
  kernels.normalizeWhere(own, y);
  const sums = (weights: Numbers | undefined) => weights && new Float64Array(weights.length).fill(0.5);
  const outgoing = { ofX, ofGain: sums(task.gain), ofShift: sums(task.shift) };
  kernels.normalizeWhereBack(own, gradient, outgoing);
  return { y, statistics: own.statistics, ...outgoing };
}

const js = { normalizeWhere, normalizeWhereBack };

function near(found: Numbers | undefined, expected: ArrayLike<number>, share: number): void {
  const size = Array.from(expected).reduce((most, value) => Math.max(most, Math.abs(value)), 1);
  expect(found?.length).to.equal(expected.length);
  found?.forEach((value, i) => expect(Math.abs(value - expected[i]!)).to.be.at.most(share * size));
}

describe('the kernels that normalize by the positions that count', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('compute the definition', () => {
    fc.assert(
      fc.property(questions, (question) => {
        const unit = question.Store === Float32Array ? 1e-6 : 1e-13;
        near(run(question, js).y, defined(question.task, question.task.x), unit);
      }),
    );
  });

  it('compute the gradients that differences of the definition give', () => {
    fc.assert(
      fc.property(questions, fc.nat(), (question, pick) => {
        const { task, gradient } = question;
        const { ofX, ofGain, ofShift } = run(question, js);
        const loss = (y: Float64Array) => y.reduce((sum, value, i) => sum + value * gradient[i]!, 0);
        const slope = (at: (by: number) => Float64Array) => (loss(at(1e-5)) - loss(at(-1e-5))) / 2e-5;
        const moved = (numbers: Numbers, by: number, at: number) =>
          Float64Array.from(numbers, (value, i) => (i === at ? value + by : value));
        const p = pick % task.x.length;
        const check = (found: number, expected: number) =>
          expect(Math.abs(found - expected)).to.be.at.most(1e-4 * (1 + Math.abs(expected)));
        check(
          ofX[p]!,
          slope((by) => defined(task, moved(task.x, by, p))),
        );
        for (const [name, sums] of Object.entries({ gain: ofGain, shift: ofShift })) {
          if (!sums) continue;
          const weights = name === 'gain' ? task.gain! : task.shift!;
          const w = pick % weights.length;
          const found = sums[w]! - 0.5;
          check(
            found,
            slope((by) => defined({ ...task, [name]: moved(weights, by, w) }, task.x)),
          );
        }
      }),
    );
  });

  for (const set of ['wasm', 'wasm-relaxed'] as const) {
    it(`agree in ${set} for float32 and channels that are a multiple of four`, function () {
      if (!kernelInfo().available.includes(set)) return this.skip();
      setKernels(set);
      fc.assert(
        fc.property(questions, (question) => {
          const { groups, size } = question.task.channels;
          let compiled: ReturnType<typeof run> | undefined;
          const ran = ranCompiled(() => (compiled = run(question, wasm)));
          expect(ran).to.equal(question.Store === Float32Array && (groups * size) % 4 === 0);
          const plain = run(question, js);
          near(compiled?.y, plain.y, 1e-6);
          near(compiled?.ofX, plain.ofX, 1e-6);
          near(compiled?.statistics, plain.statistics, 1e-12);
          if (plain.ofGain) near(compiled?.ofGain, plain.ofGain, 1e-12);
          if (plain.ofShift) near(compiled?.ofShift, plain.ofShift, 1e-12);
        }),
      );
    });
  }

  it('keep a variance next to a large mean, wherever the first number lies', () => {
    for (const [first, mean] of [
      [0, 0],
      [1e6, 1e6],
      [-1e6, 1e6],
      [1e30, 0],
    ] as const) {
      const x = Float32Array.from({ length: 64 * 4 }, (_, i) => (i < 4 ? first : mean + ((i * 7) % 5)));
      const task = {
        x,
        channels: { outer: 1, n: 64, groups: 2, size: 2 },
        centered: true,
        extra: 0,
        epsilon: 1e-6,
        steps: { outer: 0, n: 0 },
      };
      const question: Question = { Store: Float32Array, task, gradient: x };
      setKernels(before);
      const [plain, compiled] = [run(question, js), run(question, wasm)];
      plain.statistics.forEach((value, i) => {
        expect(Math.abs(compiled.statistics[i]! / (value || 1) - (value ? 1 : 0))).to.be.at.most(1e-11);
      });
    }
  });
});
