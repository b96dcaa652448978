import { expect } from 'chai';
import fc from 'fast-check';
import { kernelInfo } from '../../src/kernels/index.js';
import * as kernels from '../../src/kernels/index.js';
import type { Heads, Matrices, Numbers } from '../../src/kernels/index.js';
import * as js from '../../src/kernels/js/index.js';
import { someOf } from '../../src/kernels/head.js';
import { runs } from '../support/runs.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';
import { gap, geometries, headsOf, plain, rounding } from './heads.js';

const STORES = { float32: Float32Array, float64: Float64Array } as const;

/** The output and all gradients, by a table of kernels, written over garbage. */
function run(
  by: typeof js,
  heads: Heads,
  gradient: Numbers,
  { place = (numbers: Numbers) => numbers, garbage = NaN, isBiasNeeded = true } = {},
) {
  const { queries, keys, width, depth, query, key } = heads;
  const [count, groups] = [query.starts.length, key.starts.length];
  const Store = gradient instanceof Float64Array ? Float64Array : Float32Array;
  const room = (n: number) => place(new Store(n).fill(garbage));
  const out = room(count * queries * depth);
  const measures = place(new Float64Array(2 * count * queries).fill(garbage)) as Float64Array;
  const ofQuery = room(count * queries * width);
  const ofKey = room(groups * keys * width);
  const ofValue = room(groups * keys * depth);
  const ofBias = room(count * queries * keys);
  by.attend(heads, out, measures);
  const outgoing = { ofQuery, ofKey, ofValue, ofBias: isBiasNeeded ? ofBias : undefined };
  by.attendBack(heads, gradient, out, measures, outgoing);
  return { out, measures, ofQuery, ofKey, ofValue, ofBias };
}

type Results = ReturnType<typeof run>;

const each = (results: Results): [keyof Results, Numbers][] =>
  Object.entries(results) as [keyof Results, Numbers][];

/** The part of one of so many groups. */
const part = (all: Numbers, i: number, count: number): Numbers =>
  all.slice((i * all.length) / count, ((i + 1) * all.length) / count);

const isJavaScript = kernelInfo().kernels === 'js';

/** The same with numbers of each matrix replaced, where a function gives others. */
function spoilt(
  heads: Heads,
  name: 'query' | 'key' | 'value',
  by: (m: number, i: number) => number | undefined,
) {
  const { data, ...rest }: Matrices = heads[name];
  const copy = data.slice();
  const rows = name === 'query' ? heads.queries : heads.keys;
  const columns = name === 'value' ? heads.depth : heads.width;
  rest.starts.forEach((start, m) => {
    for (let i = 0; i < rows; i++) {
      const value = by(m, i);
      if (value === undefined) continue;
      for (let j = 0; j < columns; j++) copy[start + i * rest.row + j * rest.column] = value;
    }
  });
  return { ...heads, [name]: { data: copy, ...rest } };
}

describe('the kernels of attention', () => {
  for (const [dtype, Store] of Object.entries(STORES)) {
    it(`are softmax(Q Kᵀ) V and its gradients, with all operands, in ${dtype}`, () => {
      fc.assert(
        fc.property(geometries, (geometry) => {
          const { heads, gradient } = headsOf(geometry, Store);
          const expected = plain(heads, gradient);
          const bound = dtype === 'float64' ? 1e-13 : rounding(heads);
          const all = run(kernels, heads, gradient);
          for (const [name, found] of each(all)) expect(gap(found, expected[name]), name).to.be.below(bound);
          const { ofBias: unwritten, ...rest } = run(kernels, heads, gradient, { isBiasNeeded: false });
          expect(unwritten.every(Number.isNaN)).to.equal(true);
          expect({ ...rest, ofBias: all.ofBias }).to.deep.equal(all);
        }),
        { numRuns: runs(1) },
      );
    });

    it(`give the heads that share keys the bits that they have alone, in ${dtype}`, () => {
      fc.assert(
        fc.property(geometries, fc.boolean(), (geometry, isSpoilt) => {
          const { heads, gradient } = headsOf({ ...geometry, groups: 2 }, Store);
          // What is in the first group has no effect on the second, whatever it is.
          const spoil = (given: Heads) => spoilt(given, 'value', (m) => (m === 0 ? NaN : undefined));
          const all = run(kernels, isSpoilt ? spoil(heads) : heads, gradient);
          const { sharing } = heads;
          const alone = run(kernels, someOf(heads, sharing, sharing), part(gradient, 1, 2));
          for (const [name, found] of each(alone)) expect(found, name).to.deep.equal(part(all[name], 1, 2));
        }),
        { numRuns: runs(0.5) },
      );
    });

    it(`read no key or value that is hidden, and no query without gradient, in ${dtype}`, () => {
      const bad = fc.constantFrom(NaN, Infinity, -Infinity);
      fc.assert(
        fc.property(geometries, bad, (geometry, by) => {
          const { heads, gradient } = headsOf({ ...geometry, hidden: 'queries', sharing: 1 }, Store);
          const { queries, keys, depth, hidden } = heads;
          const isHidden = (m: number, j: number) =>
            hidden!.data[hidden!.starts[m]! + j] === -Infinity ? by : undefined;
          const isIdle = (h: number, i: number) =>
            gradient.subarray((h * queries + i) * depth, (h * queries + i + 1) * depth).every((x) => x === 0);
          const expected = plain(heads, gradient);
          const dirty = spoilt(spoilt(heads, 'key', isHidden), 'value', isHidden);
          const bound = dtype === 'float64' ? 1e-13 : rounding(heads);
          for (const [name, found] of each(run(kernels, dirty, gradient)))
            expect(gap(found, expected[name]), name).to.be.below(bound);
          const idle = spoilt(heads, 'query', (h, i) => (isIdle(h, i) ? by : undefined));
          const { ofKey, ofValue } = run(kernels, idle, gradient);
          expect(gap(ofKey, expected.ofKey)).to.be.below(bound);
          expect(gap(ofValue, expected.ofValue)).to.be.below(bound);
          // Keys that causality hides from all queries but the last.
          if (!heads.causal || queries < 2) return;
          const later = spoilt(heads, 'value', (_, j) => (j === keys - 1 ? by : undefined));
          const { out } = run(kernels, later, gradient);
          for (let h = 0; h < heads.query.starts.length; h++) {
            const rows = (all: Numbers) =>
              all.subarray(h * queries * depth, (h * queries + queries - 1) * depth);
            expect(gap(rows(out), rows(expected.out))).to.be.below(bound);
          }
        }),
        { numRuns: runs(0.5) },
      );
    });
  }

  it('compute scores that overflow another way', () => {
    const sizes = { groups: 1, sharing: 2, queries: 3, keys: 5, width: 2, depth: 2, causal: false } as const;
    const rest = {
      bias: 'none',
      hidden: 'none',
      factors: 'none',
      isTurned: false,
      scale: 1,
      seed: 4,
    } as const;
    const { heads, gradient } = headsOf({ ...sizes, ...rest }, Float32Array);
    const large = spoilt(
      spoilt(heads, 'query', () => 1e25),
      'key',
      (_, j) => (j === 2 ? 1e25 : undefined),
    );
    const { out, ofValue } = run(kernels, large, gradient);
    const expected = plain(large, gradient);
    expect(gap(out, expected.out)).to.be.below(1e-6);
    expect(gap(ofValue, expected.ofValue)).to.be.below(1e-6);
    // Scores that float32 cannot hold, though they are all the same, and the largest values.
    const same = spoilt(
      spoilt(heads, 'query', () => 3e38),
      'key',
      () => 1,
    );
    expect(gap(run(kernels, same, gradient).out, plain(same, gradient).out)).to.be.below(1e-6);
    // A gradient that overflows on the way, for values of 0, so that no other does.
    const one = headsOf({ ...sizes, ...rest, sharing: 1, queries: 4, keys: 1, depth: 1 }, Float32Array);
    const zeros = spoilt(one.heads, 'value', () => 0);
    const { ofValue: sum } = run(kernels, zeros, Float32Array.of(3e38, 3e38, -3e38, -2e38));
    expect(sum[0]! / 1e38).to.be.closeTo(1, 1e-6);
    // A score that overflows on the way to 0, and scores that a bias brings below all numbers.
    const { heads: small } = headsOf(
      { ...sizes, ...rest, sharing: 1, queries: 1, keys: 2, width: 4 },
      Float32Array,
    );
    const matrix = (numbers: number[], columns: number): Matrices => ({
      data: Float32Array.from(numbers),
      starts: [0],
      row: columns,
      column: 1,
    });
    const value = matrix([2, 2, 4, 4], 2);
    const query = matrix(Array(4).fill(1e19), 4);
    const key = matrix([-3e19, -3e19, 3e19, 3e19, 0, 0, 0, 0], 4);
    const low = matrix([-3e19, 0, 0, 0, -3e19, 0, 0, 0], 4);
    for (const given of [
      { ...small, query, key, value },
      { ...small, query, key: low, value, bias: matrix([-3e38, -3e38], 2) },
    ]) {
      const { out, ofValue } = run(kernels, given, Float32Array.of(1, 1));
      expect([...out]).to.deep.equal([3, 3]);
      expect([...ofValue]).to.deep.equal([0.5, 0.5, 0.5, 0.5]);
    }
    const top = spoilt(heads, 'value', () => 3.4e38);
    for (const value of run(kernels, top, gradient).out) expect(value / 3.4e38).to.be.closeTo(1, 1e-6);
  });

  if (isJavaScript) return;

  it('run compiled in float32, for any operands, to the same bits wherever these lie', () => {
    fc.assert(
      fc.property(geometries, (geometry) => {
        const { heads, gradient } = headsOf(geometry, Float32Array);
        let outside: Results | undefined;
        expect(ranCompiled(() => (outside = run(kernels, heads, gradient)))).to.equal(true);
        const memory = kernels.arena()!;
        const blocks: kernels.Block[] = [];
        const inside = (numbers: Numbers): Numbers => {
          const block = memory.malloc(numbers.byteLength)!;
          blocks.push(block);
          const copy = memory.numbers(block, numbers instanceof Float64Array, numbers.length);
          copy.set(numbers);
          return copy;
        };
        const placed = (given: Matrices): Matrices => ({ ...given, data: inside(given.data) });
        const { query, key, value, bias, hidden, factors } = heads;
        const own: Heads = {
          ...heads,
          query: placed(query),
          key: placed(key),
          value: placed(value),
          bias: bias && placed(bias),
          hidden: hidden && placed(hidden),
          factors: factors && placed(factors),
        };
        const found = run(kernels, own, inside(gradient), { place: inside, garbage: 7 });
        for (const [name, numbers] of each(outside!))
          expect([...found[name]], name).to.deep.equal([...numbers]);
        for (const block of blocks) memory.free(block);
      }),
      { numRuns: runs(0.5) },
    );
  });

  it('run in JavaScript if there is no memory, or if the scale is near 0', () => {
    const sizes = { groups: 2, sharing: 2, queries: 5, keys: 7, width: 4, depth: 3, causal: true } as const;
    const rest = {
      bias: 'each',
      hidden: 'keys',
      factors: 'each',
      isTurned: true,
      scale: 1,
      seed: 1,
    } as const;
    const { heads, gradient } = headsOf({ ...sizes, ...rest }, Float32Array);
    withoutRoom(() => {
      const [found, expected] = [run(kernels, heads, gradient), run(js, heads, gradient)];
      for (const [name, numbers] of each(found)) expect(numbers, name).to.deep.equal(expected[name]);
    });
    const faint = { ...heads, scale: 1e-42 };
    const { out } = run(kernels, faint, gradient);
    expect(gap(out, plain(faint, gradient).out)).to.be.below(1e-6);
  });
});
