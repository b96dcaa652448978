import { expect } from 'chai';
import { arena } from '../../src/kernels/index.js';
import {
  Adam,
  Dense,
  type NdArray,
  Tensor,
  add,
  array,
  mean,
  mul,
  primitive,
  randomNormal,
  scope,
  square,
  sum,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';

/** Whether numbers lie in the memory that arrays are given and taken from. */
const isShared = (numbers: unknown): boolean =>
  ArrayBuffer.isView(numbers) && numbers.buffer === arena()?.buffer;

/** The typed arrays that a caller finds in a result. */
function found(result: unknown, depth = 3): unknown[] {
  if (ArrayBuffer.isView(result)) return [result];
  if (typeof result !== 'object' || result === null || depth === 0) return [];
  const inside = 'data' in result ? [result.data] : [];
  return [...inside, ...Object.values(result)].flatMap((value) => found(value, depth - 1));
}

describe('numbers that are handed out', () => {
  it('stay what they were, whatever is computed afterwards', () => {
    const seen: { numbers: ArrayLike<number>; copy: number[] }[] = [];
    const hold = (a: NdArray): void => {
      for (const numbers of [array.flat(a), a.data, array.toPlain(a).data, array.contiguous(a).data])
        seen.push({ numbers, copy: [...numbers] });
    };
    const watched = primitive('watched', (x) => {
      hold(x);
      return {
        value: array.scale(x, 2),
        pullback: (g) => {
          hold(g);
          return [array.scale(g, 2)];
        },
      };
    });
    const layer = new Dense(4);
    const optimizer = new Adam();
    const x = randomNormal([3, 4], { seed: 1 });
    layer.forward(x);
    for (let step = 0; step < 6; step++) {
      const { gradients } = valueAndGrad(() => mean(square(watched(layer.forward(x)))));
      optimizer.step(gradients);
      scope(() => void hold(watched(mul(x, step)).value));
    }
    expect(seen).to.have.length.above(50);
    for (const { numbers, copy } of seen) {
      expect([...(numbers as Float32Array)]).to.deep.equal(copy);
      expect(isShared(numbers)).to.equal(false);
    }
  });

  it('are a copy: who writes into them changes no tensor', () => {
    const x = add(tensor([1, 2, 3]), 0);
    array.flat(x.value).fill(7);
    array.flat(array.reshape(x.value, [3, 1])).fill(7);
    expect(x.toArray()).to.deep.equal([1, 2, 3]);
    const weights = Float32Array.of(1, 2);
    array.flat(array.fromFlat(weights, [2])).fill(7);
    expect([...weights]).to.deep.equal([1, 2]);
  });

  it('throw where the scope that they were of has ended', () => {
    let escaped: Tensor | undefined;
    scope(() => {
      escaped = mul(randomNormal([2048], { seed: 1 }), 2);
      return sum(escaped);
    });
    expect(() => array.flat(escaped!.value)).to.throw(/scope/);
  });

  it('never lie in the memory of the kernels, whatever function of arrays gives them', () => {
    const x = randomNormal([4, 4], { seed: 3 });
    const one = new Tensor(array.map(x.value, Math.abs)).value;
    const [a, b] = [array.scale(x.value, 2), array.scale(x.value, 3)];
    const before = [...array.flat(a)];
    const names = [[a], [a, 0], [a, b], [a, b, 0], [a, [0]], [a, [4, 4]], [a, [16]], [[a, b], 0], [0.5]];
    let [called, arrays] = [0, 0];
    for (const [name, f] of Object.entries(array) as [string, unknown][]) {
      if (typeof f !== 'function' || name === 'setKernels') continue;
      for (const given of [...names, [a, one, b], [a, a.shape, (zeros: NdArray) => zeros]]) {
        let result: unknown;
        try {
          result = (f as (...given: unknown[]) => unknown)(...given);
        } catch {
          continue; // These are no operands of it.
        }
        called++;
        for (const numbers of found(result)) {
          arrays++;
          expect(isShared(numbers), name).to.equal(false);
        }
      }
    }
    expect(called).to.be.above(200);
    expect(arrays).to.be.above(100);
    // Nor does one of them write into its operands.
    expect([...array.flat(a)]).to.deep.equal(before);
    const { pullback, value } = vjp(() => mul(x, 2));
    expect(found(pullback(value).of(x)!.value).some(isShared)).to.equal(false);
  });
});
