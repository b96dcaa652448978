import { expect } from 'chai';
import fc from 'fast-check';
import type { Matrices } from '../../../src/kernels/index.js';
import { DEPTH } from '../../../src/kernels/wasm/runs.js';
import { runs } from '../../support/runs.js';
import { type Geometry, gap, geometries, headsOf, plain, rounding } from '../heads.js';
import { laboratories } from './laboratory.js';

// The kernel with tasks that are written down here: blocks of any size, and work space full of NaN.

const tasks = fc.record({
  geometry: geometries,
  // A block may be smaller than a strip, and odd.
  block: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 6, max: 40 })),
  spare: fc.integer({ min: 0, max: 2 }),
});

const float32 = (n: number): Float32Array => new Float32Array(n);

for (const [build, { kernels, clear, place, read }] of laboratories()) {
  /** Both passes of all heads. Returns the results and what the kernel returned. */
  function run(given: Geometry, block: number, spare: number, garbage: number, spoil = (_: Matrices) => {}) {
    clear();
    const { heads, gradient } = headsOf(given, Float32Array);
    const { queries, keys, width, depth, sharing, scale, causal } = heads;
    const pairs = [heads.bias, heads.hidden, heads.factors].map((one) =>
      // A row of numbers for pairs has no gaps.
      one && one.column !== 1 ? undefined : one,
    );
    spoil(heads.value);
    const matrices = [heads.query, heads.key, heads.value, ...pairs];
    const addresses = matrices.map((one) => (one ? place(one.data as Float32Array) : 0));
    const [count, groups] = [heads.query.starts.length, heads.key.starts.length];
    const step = 64 * (Math.ceil((keys + 4) / 16) + spare);
    const sizes = [queries, keys, width, depth, block, step, Number(causal)];
    const results = {
      out: float32(count * queries * depth),
      measures: new Float64Array(2 * count * queries).fill(7),
      ofQuery: float32(count * queries * width),
      ofKey: float32(groups * keys * width).fill(0.5),
      ofValue: float32(groups * keys * depth).fill(0.5),
      ofBias: float32(count * queries * keys),
    };
    const { out, measures, ofQuery, ofKey, ofValue, ofBias } = results;
    const [o, m, q, k, v, b] = [out, measures, ofQuery, ofKey, ofValue, ofBias].map(place);
    const g = place(gradient as Float32Array);
    const space = new Uint8Array(64 * DEPTH + 2 * block * step).fill(garbage);
    const work = place(space);
    const fine: number[] = [];
    for (const isBack of [false, true])
      for (let h = 0; h < count; h++) {
        const group = Math.floor(h / sharing);
        const places = matrices.flatMap((one, i) => {
          if (!one) return [0, 0, 0];
          const at = addresses[i]! + 4 * one.starts[i === 1 || i === 2 ? group : h]!;
          return [at, one.row, one.column];
        });
        const own = [o! + 4 * h * queries * depth, m! + 16 * h * queries, g + 4 * h * queries * depth];
        const to = [q! + 4 * h * queries * width, k! + 4 * group * keys * width];
        const last = [v! + 4 * group * keys * depth, h % 2 ? 0 : b! + 4 * h * queries * keys];
        const task = place(Int32Array.from([...sizes, ...places, ...own, ...to, ...last]));
        const call = isBack ? kernels.attendBack32 : kernels.attend32;
        fine.push(call(task, scale, work));
      }
    read(work, space);
    const expected = plain({ ...heads, bias: pairs[0], hidden: pairs[1], factors: pairs[2] }, gradient);
    const found = {
      out: read(o!, out),
      measures: read(m!, measures),
      ofQuery: read(q!, ofQuery),
      ofKey: read(k!, ofKey).map((value) => value - 0.5),
      ofValue: read(v!, ofValue).map((value) => value - 0.5),
      ofBias: read(b!, ofBias),
    };
    // The gradient of the bias is left out for every other head.
    for (let h = 1; h < count; h += 2) expected.ofBias.fill(0, h * queries * keys, (h + 1) * queries * keys);
    return { found, expected, fine, heads };
  }

  type Name = keyof ReturnType<typeof plain>;

  describe(`the ${build} kernels of attention`, () => {
    it('attend and pull gradients back, in blocks of any size, and write nothing else', () => {
      fc.assert(
        fc.property(tasks, ({ geometry, block, spare }) => {
          const { found, expected, fine, heads } = run(geometry, block, spare, 255);
          expect(fine.every((one) => one === 1)).to.equal(true);
          for (const [name, numbers] of Object.entries(found))
            expect(gap(numbers, expected[name as Name]), name).to.be.below(rounding(heads));
        }),
        { numRuns: runs(1.5) },
      );
    });

    it('give the same bits whatever is in the work space, forward in blocks of any size', () => {
      fc.assert(
        fc.property(tasks, fc.integer({ min: 1, max: 40 }), ({ geometry, block, spare }, other) => {
          const [a, b] = [0, 255].map((garbage) => run(geometry, block, spare, garbage).found);
          expect(a).to.deep.equal(b);
          const { out, measures } = run(geometry, other, spare, 1).found;
          expect({ out, measures }).to.deep.equal({ out: a!.out, measures: a!.measures });
        }),
        { numRuns: runs(0.5) },
      );
    });

    it('say that a number is not finite, forward and back', () => {
      fc.assert(
        fc.property(tasks, fc.constantFrom(NaN, Infinity, -Infinity), ({ geometry, block, spare }, bad) => {
          const given: Geometry = {
            ...geometry,
            causal: false,
            hidden: 'none',
            bias: 'none',
            factors: 'none',
          };
          const { fine } = run(given, block, spare, 0, ({ data, starts }) => (data[starts[0]!] = bad));
          const { sharing, groups } = given;
          const heads = Array.from({ length: groups * sharing }, (_, h) => Number(h >= sharing));
          expect(fine.slice(0, groups * sharing)).to.deep.equal(heads);
        }),
        { numRuns: runs(0.3) },
      );
    });
  });
}
