import { expect } from 'chai';
import { flat } from '../../src/array/index.js';
import { checkpoint } from '../../src/autograd/checkpoint.js';
import { tensor } from '../../src/autograd/create.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import {
  Dense,
  Sequential,
  convertNormalization,
  createNormalizationLayer,
  foldNormalization,
} from '../../src/index.js';
import type { NormalizationLayer } from '../../src/norms/layer.js';
import { plainState } from '../../src/train/plain.js';
import { failure } from '../support/failure.js';

const rows = (...numbers: number[]) => tensor(Float64Array.from(numbers), { shape: [numbers.length, 1] });

const batchNorm = (options: object) => createNormalizationLayer('batch_norm', options) as NormalizationLayer;

const stateOf = (layer: NormalizationLayer): Record<string, number> =>
  Object.fromEntries([...layer.statistics()].map(([name, statistic]) => [name, flat(statistic.value)[0]!]));

const output = (layer: NormalizationLayer, x: Tensor): readonly number[] => [
  ...flat((layer.forward(x) as Tensor).value),
];

const few = rows(1, 3);
const more = rows(2, 6, 4, 8);

describe('the averages of batch_norm', () => {
  it('take in n / (n − 1) of the variance if it is to be unbiased, and that of one number as it is', () => {
    const layer = batchNorm({ runningVariance: 'unbiased', momentum: 0.75 });
    layer.forward(more);
    expect(stateOf(layer)['moving_variance']).to.be.closeTo(0.75 + 0.25 * (20 / 3), 1e-15);
    layer.forward(rows(7));
    expect(stateOf(layer)['moving_variance']).to.be.closeTo(0.75 * (0.75 + 5 / 3), 1e-15);
  });

  it('count the positions that a mask leaves', () => {
    const layer = batchNorm({ runningVariance: 'unbiased', momentum: 0 });
    layer.forward(rows(1, 100, 3, 8), { mask: [1, 0, 1, 0] });
    expect(stateOf(layer)['moving_variance']).to.be.closeTo(2, 1e-6);
    layer.forward(rows(5, 100), { mask: [1, 0] });
    expect(stateOf(layer)['moving_variance']).to.be.closeTo(0, 1e-5);
  });

  it('are the plain means of the batches without a momentum, whatever they were before', () => {
    const layer = batchNorm({ momentum: null, movingMeanInitializer: { type: 'constant', value: 99 } });
    for (const x of [few, more, rows(9, 9)]) layer.forward(x);
    const { moving_mean, moving_variance, steps } = stateOf(layer);
    expect(moving_mean).to.be.closeTo((2 + 5 + 9) / 3, 1e-15);
    expect(moving_variance).to.be.closeTo((1 + 5 + 0) / 3, 1e-15);
    expect(steps).to.equal(3);
  });

  it('start at 0 and are what training computed after one step, if zeroDebias divides the start out', () => {
    const layer = batchNorm({ zeroDebias: true });
    layer.build([2, 1], { dtype: 'float64' });
    expect(stateOf(layer)).to.deep.equal({ moving_mean: 0, moving_variance: 0, steps: 0 });
    layer.eval();
    output(layer, few).forEach((y, i) => expect(y).to.be.closeTo([1, 3][i]!, 1e-5));
    const trained = output(layer.train(), more);
    output(layer.eval(), more).forEach((y, i) => expect(y).to.be.closeTo(trained[i]!, 1e-13));
    expect(stateOf(layer)['moving_mean']).to.be.closeTo(0.05, 1e-15);
  });

  it('never divide by a share of 0', () => {
    const layer = batchNorm({ zeroDebias: true, momentum: 1 });
    layer.forward(more);
    output(layer.eval(), few).forEach((y, i) => expect(y).to.be.closeTo([1, 3][i]!, 1e-5));
  });

  it('go on from a state that was written down', () => {
    for (const options of [{ momentum: null }, { zeroDebias: true }, { zeroDebias: true, momentum: null }]) {
      const [through, until, from] = [0, 1, 2].map(() => batchNorm(options));
      for (const x of [few, more]) for (const layer of [through!, until!]) layer.forward(x);
      from!.build([2, 1], { dtype: 'float64' });
      from!.loadStateDict(JSON.parse(JSON.stringify(plainState(until!))));
      for (const layer of [through!, from!]) layer.forward(few);
      expect(stateOf(from!)).to.deep.equal(stateOf(through!));
      expect(output(from!.eval(), more)).to.deep.equal(output(through!.eval(), more));
    }
  });

  it('keep no count that no option needs, and refuse a state without one that does', () => {
    const [plain, counting] = [batchNorm({}), batchNorm({ momentum: null })];
    for (const layer of [plain, counting]) layer.forward(few);
    expect(Object.keys(stateOf(plain))).to.deep.equal(['moving_mean', 'moving_variance']);
    expect(failure(() => counting.loadStateDict(plain.stateDict()))).to.match(/steps/);
    expect(failure(() => plain.loadStateDict(counting.stateDict()))).to.match(/steps/);
  });

  it('stay as they are at inference, in a frozen layer, and in the replay of a checkpoint', () => {
    const layer = batchNorm({ momentum: null });
    const { pullback } = vjp(() => checkpoint(() => layer.forward(few) as Tensor));
    const once = stateOf(layer);
    expect(once).to.deep.equal({ moving_mean: 2, moving_variance: 1, steps: 1 });
    pullback(few);
    layer.eval().forward(more);
    layer.train().freeze().forward(more);
    expect(stateOf(layer)).to.deep.equal(once);
  });

  it('are folded and converted as inference uses them', () => {
    const model = () => new Sequential([new Dense(1, { seed: 1 }), createNormalizationLayer('batch_norm', { zeroDebias: true })]);
    const [folded, converted] = [model(), model()];
    const [a, b] = [folded, converted].map((one) => {
      one.forward(few);
      return one.eval().forward(more) as Tensor;
    });
    foldNormalization(folded);
    convertNormalization(converted, 'batch_norm', 'frozen_batch_norm');
    const near = (y: Tensor, wanted: Tensor) =>
      flat(y.value).forEach((value, i) => expect(value).to.be.closeTo(flat(wanted.value)[i]!, 1e-12));
    near(folded.forward(more) as Tensor, a!);
    near(converted.forward(more) as Tensor, b!);
  });

  it('refuse another start with zeroDebias, and other words and numbers', () => {
    const layer = batchNorm({ zeroDebias: true, movingMeanInitializer: 'ones' });
    expect(failure(() => layer.forward(few))).to.equal(
      'batch_norm.movingMeanInitializer: expected "zeros", its default, with zeroDebias, by which running statistics start at 0, received "ones".',
    );
    expect(layer.built).to.equal(false);
    expect(failure(() => batchNorm({ runningVariance: 'bessel' }))).to.match(
      /^batch_norm\.runningVariance: /,
    );
    expect(failure(() => batchNorm({ momentum: 1.5 }))).to.match(/^batch_norm\.momentum: .*null/);
  });
});
