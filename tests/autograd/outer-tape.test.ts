import { expect } from 'chai';
import {
  Parameter,
  type Tensor,
  kernelInfo,
  memoryInfo,
  mul,
  randomNormal,
  sum,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';

const x = randomNormal([40, 40], { seed: 1 });

describe('valueAndGrad within another', () => {
  it('begins no step: what an earlier step retired stays readable', () => {
    let retired: Tensor | undefined;
    valueAndGrad(() => sum((retired = mul(x, x))), [x]);
    const wanted = retired!.toArray();
    let seen: unknown;
    valueAndGrad(() => {
      for (let i = 0; i < 3; i++) valueAndGrad(() => sum(mul(x, i)), [x]);
      seen = retired!.toArray();
      return sum(x);
    }, [x]);
    expect(seen).to.deep.equal(wanted);
  });
});

describe('a function that throws under an outer tape', () => {
  const ways: Readonly<Record<string, (f: () => never) => unknown>> = { vjp, valueAndGrad };
  for (const [name, differentiate] of Object.entries(ways)) {
    it(`leaves the outer tape the arrays that it made: ${name}`, () => {
      let made: Tensor | undefined;
      const fails = (): never => {
        made = mul(x, x);
        throw new RangeError('of the caller');
      };
      const { value, pullback } = vjp(() => {
        expect(() => differentiate(fails)).to.throw(RangeError);
        return mul(made!, 3);
      });
      expect(value.toArray()).to.deep.equal(mul(mul(x, x), 3).toArray());
      expect(pullback().of(x)!.toArray()).to.deep.equal(mul(x, 6).toArray());
    });
  }
});

describe('data that a step makes before its first op', () => {
  it('are retired with the step', function () {
    if (kernelInfo().kernels === 'js') this.skip();
    const weight = new Parameter(tensor([2]));
    const step = (seed: number) =>
      valueAndGrad(() => {
        const data = randomNormal([64, 64], { seed });
        return sum(mul(data, weight));
      });
    step(0);
    const { bytes } = memoryInfo();
    for (let seed = 1; seed < 5; seed++) step(seed);
    expect(memoryInfo().bytes).to.be.at.most(bytes);
  });
});
