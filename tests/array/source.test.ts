import { expect } from 'chai';
import fc from 'fast-check';
import ndarray from 'ndarray';
import { runInNewContext } from 'node:vm';
import { type NdArray, addInto, flat, fromSource, owned, sliceView } from '../../src/array/index.js';
import { failure } from '../support/failure.js';
import { elements, views } from '../support/views.js';

const wrong = (value: unknown): never => value as never;
const data = Float32Array.of(1, 2, 3);
/** Looks like a view of `data`, but for what is given. */
const viewed = (given: object) => () =>
  fromSource(wrong({ data, dtype: 'float32', shape: [3], stride: [1], offset: 0, ...given }));
/** Lists of so many numbers in rows of four, but for the last row, which is short by one. */
const ragged = (count: number): number[][] =>
  Array.from({ length: count / 4 }, (_, i) => Array<number>(i === count / 4 - 1 ? 3 : 4).fill(0));

describe('a source of an array', () => {
  it('is refused as a view if its steps are no whole numbers, one for each axis', () => {
    for (const [i, given] of [
      { stride: [1, 1] },
      { stride: [] },
      { stride: '1' },
      { stride: { length: 1, 0: 1 } },
      { stride: undefined },
      { stride: [0.5] },
      { stride: [NaN] },
      { offset: 0.5 },
      { offset: undefined },
      { shape: [1, 3], stride: [1, 0.5] },
      { offset: 1 },
      { stride: [2] },
      { stride: [-1] },
    ].entries())
      expect(failure(viewed(given)), `view ${i}`).to.match(
        /^tensor: expected a view inside its 3 elements, received \{/,
      );
    expect(elements(viewed({ stride: [-1], offset: 2 })())).to.deep.equal([3, 2, 1]);
  });

  it('is copied unless the caller says otherwise', () => {
    for (const source of [data, ndarray(data), fromSource(data)]) {
      const [copied, shared] = [fromSource(source), fromSource(source, { copy: false })];
      const own = source instanceof Float32Array ? source : (source.data as Float32Array);
      expect([copied.data === own, shared.data === own]).to.deep.equal([false, true]);
    }
  });

  it('keeps float64, whoever says so: its dtype, or a typed array of another realm', () => {
    const listed = { data: [0.1, 0.2], dtype: 'float64', shape: [2], stride: [1], offset: 0 };
    const foreign = runInNewContext('Float64Array.of(0.1, 0.2)') as Float64Array;
    for (const source of [listed, foreign, ndarray(foreign), ndarray(Float64Array.of(0.1, 0.2))]) {
      const made = fromSource(wrong(source));
      expect([made.dtype, ...flat(made)]).to.deep.equal(['float64', 0.1, 0.2]);
    }
  });

  it('of up to 1024 numbers is read before its shape is compared, and of more after it', () => {
    const given = (count: number) => failure(() => fromSource(ragged(count), { shape: [5] }));
    expect(given(1024)).to.match(/^tensor: expected a list of 4 at depth 1/);
    expect(given(1028)).to.match(/^tensor\.shape: expected whole numbers whose product is 1028/);
  });

  it('has at most 64 axes', () => {
    const shape = (rank: number) => Array<number>(rank).fill(1);
    expect(fromSource([1], { shape: shape(64) }).shape).to.have.length(64);
    expect(failure(() => fromSource([1], { shape: shape(65) }))).to.equal(
      'tensor.shape: expected at most 64 axes, received 65.',
    );
  });

  it('is taken over as it is if it is one of the library, and copied if it was made elsewhere', () => {
    const ours = fromSource(data);
    expect(owned('x', ours)).to.equal(ours);
    fc.assert(
      fc.property(views([2, 3]), (view) => {
        const taken = owned('x', view);
        expect(taken.data).not.to.equal(view.data);
        expect(elements(taken)).to.deep.equal(elements(view));
      }),
    );
  });
});

describe('adding in place', () => {
  const whole = fc
    .array(fc.integer({ min: -9, max: 9 }), { minLength: 6, maxLength: 6 })
    .map((list) => fromSource(Float64Array.from(list), { shape: [2, 3] }));
  const part = whole.map((a) =>
    sliceView(fromSource(Float64Array.of(...flat(a), ...flat(a)), { shape: [4, 3] }), [[1, 3]]),
  );
  const turned = whole.map(
    (a) => (fromSource(flat(a), { shape: [3, 2] }) as NdArray).transpose(1, 0) as NdArray,
  );
  const other = whole.map((a) => fromSource(flat(a), { shape: [6] }));

  it('adds whole arrays of one shape, and leaves all others as they are', () => {
    const any = fc.oneof(whole, part, turned, other, views([2, 3]));
    const kind = fc.oneof(
      fc.tuple(whole, whole, fc.constant(true)),
      fc.tuple(whole, fc.oneof(part, turned, other, views([2, 3])), fc.constant(false)),
      fc.tuple(fc.oneof(part, turned, other, views([2, 3])), whole, fc.constant(false)),
      fc.tuple(part, any, fc.constant(false)),
    );
    fc.assert(
      fc.property(kind, ([a, b, adds]) => {
        const [x, y] = [elements(a), elements(b)];
        expect(addInto(a, b)).to.equal(adds);
        expect(elements(a)).to.deep.equal(adds ? x.map((value, i) => value + y[i]!) : x);
        expect(elements(b)).to.deep.equal(y);
      }),
    );
  });
});
