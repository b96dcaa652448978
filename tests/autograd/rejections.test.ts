import { expect } from 'chai';
import {
  checkpoint,
  detectAnomaly,
  mul,
  noGrad,
  primitive,
  scope,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { failure } from '../support/failure.js';
import { unhandledIn } from '../support/unhandled.js';

describe('a promise that is refused', () => {
  const x = tensor([1, 2]);
  const fails = () => Promise.reject(new Error('of the caller'));
  const broken = primitive('broken', (a) => ({ value: a, pullback: fails as never }));
  const ways: Readonly<Record<string, () => unknown>> = {
    noGrad: () => noGrad(fails),
    scope: () => scope(fails),
    detectAnomaly: () => detectAnomaly(fails),
    checkpoint: () => checkpoint(fails as never),
    vjp: () => vjp(fails as never),
    'vjp, in a list': () => vjp((() => [x, fails()]) as never),
    valueAndGrad: () => valueAndGrad(fails as never),
    'a pullback': () => vjp(() => broken(mul(x, 2))).pullback(),
  };
  for (const [name, way] of Object.entries(ways)) {
    it(`leaves no rejection unhandled: ${name}`, async () => {
      const unhandled = await unhandledIn(() => expect(failure(way)).to.include('a promise'));
      expect(unhandled).to.deep.equal([]);
    });
  }
});
