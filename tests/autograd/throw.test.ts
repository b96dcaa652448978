import { expect } from 'chai';
import { map, memoryInfo, sliceView } from '../../src/array/index.js';
import { checkpoint } from '../../src/autograd/checkpoint.js';
import { describeTape } from '../../src/autograd/describe.js';
import { gradcheck } from '../../src/autograd/gradcheck/gradcheck.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad } from '../../src/autograd/recording.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { scope } from '../../src/autograd/scope.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { kernelInfo } from '../../src/kernels/index.js';
import { detectAnomaly } from '../../src/nn/anomaly.js';
import { SGD } from '../../src/optim/sgd.js';
import { mul, sqrt, sum } from '../../src/ops/catalog.js';
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
  /** Lets tensors through until the n-th. */
  const failing = (n: number) => {
    let count = 0;
    return (y: Tensor): Tensor => (++count === n ? noTensors() : y);
  };
  const broken = primitive('broken', (a) => ({
    value: map(a, (v) => v),
    pullback: (g) => (map(g, (v) => v), noTensors()),
  }));
  const misshapen = primitive('misshapen', (a) => ({
    value: map(a, (v) => v),
    pullback: (g) => [map(sliceView(g, [0]), (v) => v)],
  }));
  const unruly = primitive('unruly', (a) => (map(a, (v) => v), noTensors()));
  const weight = new Parameter(x, { constraint: noTensors });
  const { gradients } = valueAndGrad(() => sum(mul(weight, weight)));
  const sgd = new SGD({ learningRate: 0.1 });
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
    'by valueAndGrad in the backward pass': () =>
      valueAndGrad(() => sum(mul(x, x)), { parameters: () => noTensors() } as never),
    'by vjp': () => vjp(fails),
    'by vjp of no tensor': () => vjp(() => (mul(x, x), 3) as never),
    'by vjp in another': () => vjp(() => vjp(fails).value),
    'by a scope': () => scope(fails),
    'by a scope on a tape': () => valueAndGrad(() => scope(fails), [x]),
    'by a tape in a scope': () => scope(() => vjp(fails)),
    'by a pullback in a checkpoint': () => valueAndGrad(() => sum(checkpoint(() => broken(mul(x, x)))), [x]),
    'by a pullback in a checkpoint in another': () =>
      valueAndGrad(() => sum(checkpoint(() => checkpoint(() => broken(mul(x, x))))), [x]),
    'by a pullback in a checkpoint, by vjp': () =>
      scope(() => vjp(() => checkpoint(() => broken(mul(x, x)))).pullback()),
    'by a checkpoint that throws when it runs again': () => {
      const fail = failing(2);
      return valueAndGrad(() => sum(checkpoint(() => fail(mul(mul(x, x), x)))), [x]);
    },
    'by a checkpoint that gives other values when it runs again': () => {
      let runs = 0;
      return valueAndGrad(() => sum(checkpoint(() => mul(mul(x, x), ++runs))), [x]);
    },
    'by a checkpoint under watch': () =>
      detectAnomaly(() => valueAndGrad(() => sum(checkpoint(() => sqrt(mul(mul(x, x), 0)))), [x])),
    'by a pullback': () => valueAndGrad(() => sum(broken(mul(x, x))), [x]),
    'by a pullback that gives other shapes': () => valueAndGrad(() => sum(misshapen(mul(x, x))), [x]),
    'by a rule': () => valueAndGrad(() => sum(unruly(mul(x, x))), [x]),
    'after a tape was described': () => scope(() => (describeTape(() => mul(mul(x, x), x)), noTensors())),
    'by gradcheck': () => {
      const fail = failing(5);
      return scope(() =>
        gradcheck((w) => fail(mul(mul(w, w), w)), [randomNormal([4], { seed: 1, dtype: 'float64' })]),
      );
    },
    'by a constraint in a step': () => scope(() => sgd.step(gradients)),
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
