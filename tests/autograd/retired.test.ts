import { expect } from 'chai';
import {
  type Tensor,
  checkpoint,
  mul,
  randomNormal,
  reshape,
  scope,
  sum,
  transpose,
  valueAndGrad,
  vjp,
} from '../../src/index.js';

describe('a retired tensor', () => {
  for (const size of [2, 40, 300]) {
    const [x, weight] = [1, 2].map((seed) => randomNormal([size, size], { seed })) as [Tensor, Tensor];
    /** A tensor that a step made, and retired. */
    const retired = (reduce = (h: Tensor): Tensor => h): Tensor => {
      let hidden: Tensor | undefined;
      valueAndGrad(() => sum((hidden = reduce(mul(x, weight)))), [x]);
      return hidden!;
    };
    const results: Readonly<Record<string, () => Tensor>> = {
      'a scope': () => scope(() => retired()),
      'a scope in a scope': () => scope(() => scope(() => [retired()]))[0]!,
      'an op that returns a view': () => reshape(retired(), [size * size]),
      'an op in a scope': () => scope(() => transpose(retired(), [1, 0])),
      vjp: () => vjp(() => reshape(retired(), [size * size])).value,
      'the list of vjp': () => vjp(() => [retired()] as const).value[0],
      valueAndGrad: () => {
        const loss = retired(sum);
        return valueAndGrad(() => loss, [x]).value;
      },
      'an inner valueAndGrad': () => {
        const loss = retired(sum);
        let inner: Tensor | undefined;
        vjp(() => {
          inner = valueAndGrad(() => loss, [x]).value;
          return sum(x);
        });
        return inner!;
      },
      checkpoint: () => {
        const hidden = retired();
        return checkpoint(() => reshape(hidden, [size * size]));
      },
    };
    for (const [name, result] of Object.entries(results)) {
      it(`stays readable if it is the result of ${name}: ${size} × ${size}`, () => {
        const held = result();
        const wanted = held.toArray();
        for (let i = 0; i < 4; i++) valueAndGrad(() => sum(mul(weight, x)), [x]);
        expect(held.toArray()).to.deep.equal(wanted);
      });
    }

    it(`stays readable through the next step if a scope returned a view of it to another: ${size} × ${size}`, () => {
      const hidden = retired();
      const wanted = hidden.toArray();
      scope(() => void scope(() => transpose(hidden, [1, 0])));
      expect(hidden.toArray()).to.deep.equal(wanted);
    });
  }
});
