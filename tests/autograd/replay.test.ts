import { expect } from 'chai';
import {
  Tensor,
  mul,
  ones,
  primitive,
  randomNormal,
  reshape,
  scope,
  tanh,
  tensor,
  vjp,
} from '../../src/index.js';
import { add as plus } from '../../src/array/index.js';
import { asFirstRead, checkpoint, isReplay, isRepeatedReplay } from '../../src/autograd/checkpoint.js';
import { free } from '../../src/autograd/scope.js';
import { arrayOf } from '../../src/autograd/tape.js';
import { failure } from '../support/failure.js';

describe('the replay of a checkpoint', () => {
  const x = randomNormal([40, 40], { seed: 1 });

  it('knows that it is one, and whether it is the first', () => {
    const seen: string[] = [];
    const f = (): Tensor => {
      seen.push(isRepeatedReplay() ? 'repeated' : isReplay() ? 'first' : 'none');
      return tanh(x);
    };
    const runs = (g: () => Tensor): string[] => {
      seen.length = 0;
      const { pullback } = vjp(g);
      for (let i = 0; i < 3; i++) pullback(x);
      return [...seen];
    };
    expect(runs(f)).to.deep.equal(['none']);
    expect(runs(() => checkpoint(f))).to.deep.equal(['none', 'first', 'repeated', 'repeated']);
    // The inner one runs twice in each replay of the outer one: for its value, and for its gradient.
    expect(runs(() => checkpoint(() => tanh(checkpoint(f))))).to.deep.equal([
      ...['none', 'first', 'first'],
      ...['repeated', 'repeated', 'repeated', 'repeated'],
    ]);
    expect([isReplay(), isRepeatedReplay()]).to.deep.equal([false, false]);
  });

  it('reads a statistic as it was, even if that array has been freed and its memory used', () => {
    scope(() => {
      const statistic = mul(x, 2);
      const wanted = statistic.toArray();
      const { pullback } = vjp(() => checkpoint(() => mul(x, new Tensor(asFirstRead(arrayOf(statistic))))));
      free([statistic]);
      const others = [3, 4, 5].map((factor) => mul(x, factor));
      expect(pullback().of(x)!.toArray()).to.deep.equal(wanted);
      expect(others[0]!.toArray()).to.deep.equal(mul(x, 3).toArray());
    });
  });

  it('gives the gradients of ops that leave out those which are not needed', () => {
    const thrifty = primitive('thrifty', (a, b) => ({
      value: plus(a, b),
      pullback: (g, needed) => needed.map((isNeeded) => (isNeeded ? g : undefined)),
    }));
    const y = randomNormal([40, 40], { seed: 2 });
    const f = () => tanh(thrifty(mul(x, 2), y));
    const [bare, replayed] = [vjp(f), vjp(() => checkpoint(f))].map(({ pullback }) => pullback(x));
    for (const leaf of [x, y]) expect(replayed!.of(leaf)!.toArray()).to.deep.equal(bare!.of(leaf)!.toArray());
  });

  const small = tensor([1, 2, 3]);
  const others: Readonly<Record<string, readonly [first: () => Tensor, again: () => Tensor]>> = {
    'in one number': [() => mul(small, tensor([1, 1, 1])), () => mul(small, tensor([1, 1, 2]))],
    'in the shape': [() => reshape(small, [3, 1]), () => reshape(small, [1, 3])],
    'in the count': [() => mul(small, ones([2, 3])), () => mul(small, ones([3]))],
    'in the count, and has more': [() => mul(small, ones([3])), () => mul(small, ones([2, 3]))],
  };
  for (const [where, [first, again]] of Object.entries(others)) {
    it(`throws if its result differs ${where}`, () => {
      let runs = 0;
      const { pullback } = vjp(() => checkpoint(() => (runs++ ? again() : first())));
      expect(failure(() => pullback())).to.equal(
        'checkpoint: expected the same values when the function runs again, received "other values". ' +
          'The function may depend only on tensors and random generators; do not switch between train and eval mode before the backward pass ends.',
      );
    });
  }
});
