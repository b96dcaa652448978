import { expect } from 'chai';
import ndarray from 'ndarray';
import ops from 'ndarray-ops';
import { inspect } from 'node:util';
import { add, mul, scope, tensor, transpose } from '../../src/index.js';

// The array of a tensor is an ndarray for its caller, wherever its numbers lie.

describe('the value of a tensor', () => {
  const made = () =>
    mul(
      tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]),
      2,
    );
  const real = () => ndarray(Float32Array.of(2, 4, 6, 8, 10, 12), [2, 3]);

  it('has all that an ndarray has', () => {
    const [view, like] = [made().value, real()];
    for (const key of ['dtype', 'shape', 'stride', 'offset', 'size', 'dimension', 'order'] as const)
      expect(view[key], key).to.deep.equal(like[key]);
    expect([...view.data]).to.deep.equal([...like.data]);
    expect([view.get(1, 2), view.index(1, 2)]).to.deep.equal([12, 5]);
    const parts = [
      (a: typeof like) => a.lo(1, 1),
      (a: typeof like) => a.hi(1, 2),
      (a: typeof like) => a.step(1, -1),
      (a: typeof like) => a.transpose(1, 0),
      (a: typeof like) => a.pick(null, 2),
    ];
    for (const part of parts) {
      const [a, b] = [part(view as typeof like), part(like)];
      expect([a.shape, a.stride, a.offset]).to.deep.equal([b.shape, b.stride, b.offset]);
      expect(inspect(a.data)).to.equal(inspect(b.data));
    }
  });

  it('is read and written by ndarray-ops', () => {
    const sum = ndarray(new Float32Array(6), [2, 3]);
    ops.add(
      sum,
      made().value,
      transpose(
        tensor([
          [1, 4],
          [2, 5],
          [3, 6],
        ]),
      ).value,
    );
    expect([...sum.data]).to.deep.equal([3, 6, 9, 12, 15, 18]);
  });

  it('can be written to by its owner, and the tensor has what was written', () => {
    const x = made();
    x.value.set(1, 0, 100);
    x.value.data[0]! = -1;
    expect(add(x, 0).toArray()).to.deep.equal([
      [-1, 4, 6],
      [100, 10, 12],
    ]);
    expect(x.value).to.equal(x.value);
    expect(x.value.data).to.equal(x.value.data);
  });

  it('stays after its scope, as does what was cut out of it', () => {
    const cut = scope(() => {
      const x = made();
      return { rows: x.value.hi(1, 3), data: x.value.data.subarray(3) };
    });
    scope(() => Array.from({ length: 50 }, made).length);
    expect([cut.rows.get(0, 2), ...cut.data]).to.deep.equal([6, 8, 10, 12]);
  });

  it('goes through JSON, and is printed with its numbers', () => {
    const { value } = transpose(made());
    expect(tensor(JSON.parse(JSON.stringify(value))).toArray()).to.deep.equal([
      [2, 8],
      [4, 10],
      [6, 12],
    ]);
    expect(inspect(value)).to.match(/Float32Array\(6\) \[\s*2,\s*4,\s*6,\s*8,\s*10,\s*12\s*\]/);
  });
});
