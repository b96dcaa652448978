import { expect } from 'chai';
import { adam, sgd } from '../../../src/kernels/js/optimizer.js';
import { gather, scatterAdd } from '../../../src/kernels/js/gather.js';
import { PRECISIONS, laboratories, random } from './laboratory.js';
import { within } from './normalization.js';

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  for (const { suffix, Store, unit } of PRECISIONS) {
    const numbers = (n: number, seed: number, from = -1, to = 1) => {
      const next = random(seed);
      return new Store(n).map(() => from + (to - from) * next());
    };

    describe(`the ${build} optimizers of float${suffix}`, () => {
      it('take the steps of SGD to the same bits as JavaScript', () => {
        for (const n of [1, 4, 7, 33]) {
          for (const nesterov of [false, true]) {
            for (const momentum of [0, 0.9]) {
              const settings = { decay: 0.01, keep: 0.999, momentum, inward: 0.7, outward: 0.1, nesterov };
              const [w, g, v] = [numbers(n, 1), numbers(n, 2), numbers(n, 3)];
              const [next, nextV] = [new Store(n), new Store(n)];
              sgd(w, g, momentum ? [v] : [], next, momentum ? [nextV] : [], settings);
              clear();
              const [atW, atG, atV, atNext] = [place(w), place(g), place(v), place(next)];
              const { decay, keep, inward, outward } = settings;
              kernels[`sgd${suffix}`](
                atW,
                atG,
                momentum && atV,
                atNext,
                momentum && atV,
                n,
                decay,
                keep,
                momentum,
                inward,
                outward,
                +nesterov,
              );
              expect(read(atNext, next)).to.deep.equal(next);
              expect(read(atV, v)).to.deep.equal(momentum ? nextV : v);
            }
          }
        }
      });

      it('take steps of Adam and AMSGrad within a few roundings, whatever the gradients', () => {
        for (const n of [1, 4, 7, 33]) {
          for (const kept of [false, true]) {
            for (const [size, epsilon] of [
              [1, 1e-8],
              [1e-12, 1e-8],
              [1e20, 1e-8],
              [1e-25, 1e-30],
            ] as const) {
              const settings = { decay: 0.01, keep: 0.999, beta1: 0.9, beta2: 0.99, rate: 0.01, epsilon };
              const root = Math.min(size, 1e18);
              const [w, g, m] = [numbers(n, 1), numbers(n, 2, -size, size), numbers(n, 3, -root, root)];
              if (size > 1) w.fill(0);
              if (size < 1e-20) w.fill(0);
              const v = numbers(n, 4, 0, root * root);
              const most = numbers(n, 5, 0, root * root);
              const memory = kept ? [m, v, most] : [m, v];
              const [next, ...after] = [new Store(n), ...memory.map(() => new Store(n))] as [typeof w];
              const nextMemory = after as (typeof w)[];
              adam(w, g, memory, next, nextMemory, settings);
              clear();
              const [atW, atG, atM, atV, atMost, atNext] = [w, g, m, v, most, new Store(n)].map((values) =>
                place(values),
              ) as [number, number, number, number, number, number];
              const last = kept ? atMost : 0;
              const { decay, keep, beta1, beta2, rate } = settings;
              kernels[`adam${suffix}`](
                atW,
                atG,
                atM,
                atV,
                last,
                atNext,
                atM,
                atV,
                last,
                n,
                decay,
                keep,
                beta1,
                beta2,
                rate,
                epsilon,
              );
              const [now, means, squares, largest] = [atNext, atM, atV, atMost].map((at) => read(at, next));
              for (let i = 0; i < n; i++) {
                const push = Math.abs(g[i]!) + 0.01 * Math.abs(w[i]!);
                const room = 4 * (Math.abs(m[i]!) + push);
                within(means![i]!, nextMemory[0]![i]!, unit * room);
                const squared = v[i]! + push * push;
                // Squares below the normal numbers are lost to float32, in memory as well.
                within(squares![i]!, nextMemory[1]![i]!, 6 * unit * squared + 2 ** -147);
                if (kept)
                  within(largest![i]!, nextMemory[2]![i]!, 6 * unit * (squared + most[i]!) + 2 ** -147);
                // √v and ε may be relatively as far off as v, and the step moves with m.
                const v1 = nextMemory[1]![i]!;
                const below = Math.sqrt(kept ? Math.max(nextMemory[2]![i]!, v1) : v1) + epsilon;
                const off = room / Math.max(Math.abs(nextMemory[0]![i]!), 1e-300) + (6 * squared) / v1 + 6;
                const step = (0.01 * Math.abs(nextMemory[0]![i]!)) / below;
                within(now![i]!, next[i]!, unit * (3 * Math.abs(w[i]!) + step * off + Math.abs(next[i]!)));
              }
            }
          }
        }
      });

      it('gather blocks and accumulate them at their places', () => {
        for (const inner of [1, 3, 4, 7, 16]) {
          const [outer, n] = [2, 5];
          const picks = Int32Array.of(4, 0, 0, 2, 4, 1);
          const x = numbers(outer * n * inner, inner);
          const out = new Store(outer * picks.length * inner);
          gather(x, out, picks, outer, n, inner);
          const sums = new Float64Array(x.length).fill(1);
          clear();
          const [atX, atOut, atPicks, atSums] = [
            place(x),
            place(new Store(out.length)),
            place(picks),
            place(sums),
          ];
          scatterAdd(out, sums, picks, outer, n, inner);
          kernels.gather(atX, atOut, atPicks, picks.length, outer, n, inner * x.BYTES_PER_ELEMENT);
          expect(read(atOut, out)).to.deep.equal(out);
          kernels[`scatterAdd${suffix}`](atOut, atSums, atPicks, picks.length, outer, n, inner);
          expect(read(atSums, sums)).to.deep.equal(sums);
        }
      });
    });
  }
}
