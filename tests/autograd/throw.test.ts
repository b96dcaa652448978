import { expect } from 'chai';
import { memoryInfo } from '../../src/array/index.js';
import { noGrad, tensor } from '../../src/autograd/tape.js';
import { scope } from '../../src/autograd/scope.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { kernelInfo } from '../../src/kernels/index.js';
import { mul, sum } from '../../src/ops/catalog.js';
import { randomNormal } from '../../src/ops/create.js';

describe('arrays made before a throw', () => {
  const x = randomNormal([64, 64], { seed: 1 });
  const fails = (): never => {
    mul(mul(x, x), x);
    throw new Error('on the way');
  };
  const noTensors = (): never => {
    throw new Error('no tensors');
  };
  const caught = (f: () => unknown): string => {
    try {
      f();
    } catch (error) {
      return (error as Error).message;
    }
    return 'nothing was thrown';
  };

  const ways: Readonly<Record<string, () => unknown>> = {
    'by valueAndGrad': () => valueAndGrad(fails, [x]),
    'by valueAndGrad, off the tape': () => valueAndGrad(() => noGrad(fails), [x]),
    'by valueAndGrad in another': () => valueAndGrad(() => valueAndGrad(fails, [x]).value, [x]),
    'by valueAndGrad in another, which goes on and fails later': () =>
      valueAndGrad(() => {
        caught(() => valueAndGrad(fails, [x]));
        return fails();
      }, [x]),
    'by valueAndGrad of no single number': () => valueAndGrad(() => mul(x, x), [x]),
    'by valueAndGrad on the way back': () =>
      valueAndGrad(() => sum(mul(x, x)), { parameters: () => noTensors() } as never),
    'by vjp': () => vjp(fails),
    'by vjp of no tensor': () => vjp(() => (mul(x, x), 3) as never),
    'by vjp in another': () => vjp(() => vjp(fails).value),
    'by a scope': () => scope(fails),
    'by a scope on a tape': () => valueAndGrad(() => scope(fails), [x]),
    'by a tape in a scope': () => scope(() => vjp(fails)),
    'by a seed that does not fit': () => scope(() => vjp(() => mul(x, x)).pullback(tensor([1]))),
  };
  for (const [name, way] of Object.entries(ways)) {
    it(`are freed at once ${name}`, function () {
      if (kernelInfo().kernels === 'js') this.skip();
      const before = memoryInfo();
      expect(caught(way)).not.to.equal('nothing was thrown');
      // The collector may have given back arrays of other tests meanwhile.
      const { arrays, bytes, retired } = memoryInfo();
      expect(arrays).to.be.at.most(before.arrays);
      expect(bytes).to.be.at.most(before.bytes);
      expect(retired).to.be.at.most(before.retired);
    });
  }
});
