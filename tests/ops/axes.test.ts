import { expect } from 'chai';
import fc from 'fast-check';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import {
  all,
  any,
  concat,
  flip,
  notEqual,
  pad,
  slice,
  split,
  squeeze,
  unsqueeze,
} from '../../src/ops/catalog.js';
import { oneHot, triangle } from '../../src/ops/create.js';
import { arrays, shapes } from '../support/arbitraries.js';
import { failure } from '../support/failure.js';

const drawn = shapes().chain((shape) => arrays(shape));
const axes = (x: Tensor): number[] => x.shape.map((_, axis) => axis);

describe('ops that move axes', () => {
  it('squeeze the axes that unsqueeze inserted', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), (value, draw) => {
        const x = new Tensor(value);
        const at = draw % (x.shape.length + 1);
        const wide = unsqueeze(x, [at, -1]);
        expect(wide.shape.length).to.equal(x.shape.length + 2);
        expect(wide.shape[at]).to.equal(1);
        expect(squeeze(wide, [at, -1]).toArray()).to.deep.equal(x.toArray());
      }),
    );
    expect(squeeze(tensor([[[1], [2]]])).toArray()).to.deep.equal([1, 2]);
    expect(failure(() => squeeze(tensor([[1, 2]]), 1))).to.match(
      /^squeeze: expected size 1 along axes 1, received \[1,2\]/,
    );
    expect(failure(() => unsqueeze(tensor([1]), [0, 0]))).to.match(/^unsqueeze: expected distinct axes/);
  });

  it('concat the parts of split', () => {
    fc.assert(
      fc.property(drawn, fc.nat(), fc.nat(), (value, draw, cut) => {
        const x = new Tensor(value);
        const axis = draw % x.shape.length;
        const n = x.shape[axis]!;
        const sizes = [cut % (n + 1), n - (cut % (n + 1))];
        expect(concat(split(x, sizes, axis), axis).toArray()).to.deep.equal(x.toArray());
        expect(split(x, n, axis).map(({ shape }) => shape[axis])).to.deep.equal(Array(n).fill(1));
      }),
    );
    const x = tensor([1, 2, 3]);
    expect(failure(() => split(x, 2))).to.equal(
      'split: expected a number of parts that divides 3, received 2.',
    );
    expect(failure(() => split(x, [1, 1]))).to.match(/whole sizes that add up to 3, received \[1,1\]/);
  });

  it('give a gradient of 0 to unused parts of a split', () => {
    const x = tensor([1, 2, 3, 4]);
    expect(
      vjp(() => split(x, 2)[1]!)
        .pullback(tensor([5, 7]))
        .of(x)!
        .toArray(),
    ).to.deep.equal([0, 0, 5, 7]);
  });

  it('flip twice to the same order', () => {
    fc.assert(
      fc.property(drawn, (value) => {
        const x = new Tensor(value);
        for (const axis of axes(x)) {
          const turned = flip(x, axis);
          expect(flip(turned, axis).toArray()).to.deep.equal(x.toArray());
          const whole = axes(x).map(() => [] as const);
          expect(slice(turned, whole.with(axis, [0, 1] as never)).toArray()).to.deep.equal(
            slice(x, whole.with(axis, [x.shape[axis]! - 1] as never)).toArray(),
          );
        }
      }),
    );
    expect(
      flip(
        tensor([
          [1, 2],
          [3, 4],
        ]),
      ).toArray(),
    ).to.deep.equal([
      [4, 3],
      [2, 1],
    ]);
    expect(flip(tensor([], { shape: [0, 2] })).shape).to.deep.equal([0, 2]);
  });
});

describe('pad', () => {
  const x = tensor([1, 2, 3]);

  it('pads with a number, the edge or a mirror image', () => {
    expect(pad(x, [[1, 2]], { value: 9 }).toArray()).to.deep.equal([9, 1, 2, 3, 9, 9]);
    expect(pad(x, [[2, 1]], { mode: 'edge' }).toArray()).to.deep.equal([1, 1, 1, 2, 3, 3]);
    expect(pad(x, [[2, 1]], { mode: 'reflect' }).toArray()).to.deep.equal([3, 2, 1, 2, 3, 2]);
  });

  it('rejects a mirror image that is wider than the axis, and invalid widths', () => {
    expect(failure(() => pad(x, [[3, 0]], { mode: 'reflect' }))).to.match(/^pad: expected widths below 3/);
    for (const widths of [
      [[1]],
      [[-1, 0]],
      [
        [0, 0],
        [0, 0],
      ],
      3,
    ] as never[])
      expect(
        failure(() => pad(x, widths)),
        JSON.stringify(widths),
      ).to.match(/^pad: expected at most 1 pairs/);
  });
});

describe('masks and vectors of zeros and ones', () => {
  it('any and all count a NaN as not 0, and are 0 and 1 for no numbers', () => {
    const x = tensor([
      [0, 0],
      [0, NaN],
      [1, -2],
    ]);
    expect(any(x, 1).toArray()).to.deep.equal([0, 1, 1]);
    expect(all(x, 1).toArray()).to.deep.equal([0, 0, 1]);
    const none = tensor([], { shape: [2, 0] });
    expect(any(none, 1).toArray()).to.deep.equal([0, 0]);
    expect(all(none, 1).toArray()).to.deep.equal([1, 1]);
    expect(notEqual(x, x).toArray()).to.deep.equal([
      [0, 0],
      [0, 1],
      [0, 0],
    ]);
  });

  it('triangle lies below the diagonal, or above, also if the diagonal is moved', () => {
    expect(triangle(2).toArray()).to.deep.equal([
      [1, 0],
      [1, 1],
    ]);
    expect(triangle([2, 3], { upper: true, diagonal: 1 }).toArray()).to.deep.equal([
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect(triangle([2, 3], { diagonal: -1, dtype: 'float64' }).toArray()).to.deep.equal([
      [0, 0, 0],
      [1, 0, 0],
    ]);
    expect(failure(() => triangle([1, 2, 3] as never))).to.match(
      /^triangle: expected one size, or rows and columns/,
    );
    expect(failure(() => triangle(1.5))).to.match(/^triangle: expected a list of whole numbers/);
  });

  it('oneHot has its 1 at the index', () => {
    expect(oneHot([[0, 2]], 3).toArray()).to.deep.equal([
      [
        [1, 0, 0],
        [0, 0, 1],
      ],
    ]);
    expect(oneHot(tensor([1, 0]), 2, { dtype: 'float64' }).toArray()).to.deep.equal([
      [0, 1],
      [1, 0],
    ]);
    for (const index of [3, -1])
      expect(failure(() => oneHot([index], 3))).to.match(/^oneHot: expected whole numbers from 0 to 2/);
    expect(failure(() => oneHot([0.5], 3))).to.match(/^oneHot: expected whole numbers, received 0\.5/);
  });
});
