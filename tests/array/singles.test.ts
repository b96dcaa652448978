import { expect } from 'chai';
import fc from 'fast-check';
import { flat, fromSource, normalize } from '../../src/array/index.js';

// Groups of one number, for which x̂, N and every gradient can be written down.

const BOUNDS = ['added', 'clamped', 'floor', 'rootFloor', 'rootAdded'] as const;

/** N and its slope. */
function lengthOf(x: number, bound: (typeof BOUNDS)[number], epsilon: number): readonly [number, number] {
  const size = Math.abs(x);
  const added = Math.sqrt(x * x + epsilon);
  const of = (N: number, least: number) => [Math.max(N, least), N < least ? 0 : x / N] as const;
  if (bound === 'added') return of(added, 0);
  if (bound === 'clamped') return of(added, epsilon);
  if (bound === 'floor') return of(size, Math.sqrt(epsilon));
  if (bound === 'rootFloor') return of(size, epsilon);
  return [size + epsilon, Math.sign(x)];
}

describe('groups of one number', () => {
  it('are x / N, and pull gradients of both back, whatever bounds N', () => {
    const quarters = fc.integer({ min: -24, max: 24 }).map((n) => n / 4);
    const rows = fc.array(fc.tuple(quarters, quarters, quarters), { minLength: 1, maxLength: 9 });
    // Some x meet these exactly, as N or as its square.
    const epsilons = fc.constantFrom(0.25, 1, 2.25, 4);
    fc.assert(
      fc.property(rows, fc.constantFrom(...BOUNDS), epsilons, fc.boolean(), (row, bound, epsilon, both) => {
        const [x, g, pushed] = [0, 1, 2].map((i) =>
          fromSource(
            Float64Array.from(row, (of) => of[i]!),
            { shape: [row.length, 1] },
          ),
        );
        const made = normalize(x!, 1, { centered: false, total: 'mean', bound, epsilon });
        const [value, length, power] = [made.value, made.length, made.power].map(flat);
        const { deviation, center } = made.statistics();
        const back = flat(made.back(g!, both ? pushed : undefined).x);
        const shares = flat(made.powerShare(0.25));
        row.forEach(([v, slope, ofLength], i) => {
          const [N, moved] = lengthOf(v, bound, epsilon);
          expect(length![i]).to.be.closeTo(N, 1e-12);
          expect(value![i]).to.be.closeTo(v / N, 1e-12);
          expect([power![i], shares[i], deviation[i], center[i]]).to.deep.equal([
            v * v,
            (v * v) / 4,
            Math.abs(v),
            0,
          ]);
          const pulled = (slope - moved * (v / N) * slope) / N + (both ? ofLength * moved : 0);
          expect(back[i]).to.be.closeTo(pulled, 1e-12);
        });
      }),
    );
  });

  it('have a share of their power even where the power overflows', () => {
    const x = fromSource(Float64Array.of(2 ** 520, 1), { shape: [2, 1] });
    const made = normalize(x, 1, { centered: false, total: 'mean', bound: 'added', epsilon: 1 });
    expect([...flat(made.powerShare(2 ** -100))]).to.deep.equal([2 ** 940, 2 ** -100]);
  });
});
