import { expect } from 'chai';
import {
  Adam,
  Dense,
  NormtapeError,
  Sequential,
  checkNormalizationConfig,
  clip,
  createNormalizationFromConfig,
  createNormalizationLayer,
  gather,
  gelu,
  initialize,
  matmul,
  ones,
  reshape,
  slice,
  stack,
  sum,
  tensor,
  valueAndGrad,
  vjp,
} from 'normtape';
import { dataset, pick, readCsv, readIdx, split, spirals } from 'normtape/data';
import { refusal } from './support.js';

const caught = (f: () => unknown): NormtapeError => {
  try {
    f();
  } catch (error) {
    if (error instanceof NormtapeError) return error;
  }
  throw new Error('no error of ours');
};

describe('contract: errors', () => {
  it('have one class and one grammar, with their parts as data', () => {
    const error = caught(() => createNormalizationLayer('rms_norm', { epsilon: -1 }));
    expect(error).to.be.instanceOf(Error);
    expect(error.name).to.equal('NormtapeError');
    expect(error.message).to.equal('rms_norm.epsilon: expected a finite number above 0, received -1.');
    expect(error.report).to.include({ where: 'rms_norm.epsilon', received: -1 });
    const hinted = caught(() => createNormalizationLayer('rms_norm', { epsilonn: 1 } as never));
    expect(hinted.message).to.match(/received "epsilonn"\. Did you mean epsilon\?$/);
    expect(hinted.report.hint).to.equal('Did you mean epsilon?');
    const [mistake] = checkNormalizationConfig('rms_norm', { epsilon: -1 });
    expect(new NormtapeError(mistake!).message).to.equal(error.message);
  });

  it('have the same grammar in every part of the library', () => {
    const x = ones([2, 3]);
    const calls: readonly (() => unknown)[] = [
      () => matmul(x, x),
      () => reshape(x, [5]),
      () => reshape(x, 6 as never),
      () => slice(x, [5]),
      () => gather(x, [7]),
      () => gather(x, [0.5]),
      () => slice(x, 1 as never),
      () => sum(x, 0, { keepdims: true } as never),
      () => sum(x, 0, null as never),
      () => gelu(x, { approx: true } as never),
      () => clip(x, { minimum: 0 } as never),
      () => initialize('ones', 3 as never),
      () => initialize('ones', [1], { dtype: 'int32' as never }),
      () => pick(spirals({ samples: 6, seed: 1 }), [6]),
      () => stack([]),
      () => stack(x as never),
      () => vjp(x as never),
      () => valueAndGrad(() => x),
      () => new Dense(0),
      () => new Sequential([1] as never),
      () => new Adam({ beta1: 2 } as never),
      () => createNormalizationFromConfig({} as never),
      () => tensor([[1], [2, 3]]),
      () => readCsv('1,2\n3'),
      () => readCsv(''),
      () => readIdx(Uint8Array.of(1, 2)),
      () => split(spirals({ seed: 1 }), { testShare: 2 }),
      () => split(spirals({ seed: 1 }), { testshare: 0.5 } as never),
      () => spirals({ samples: 1 }),
      () => dataset('mine', ones([2, 1]).value, Int32Array.of(0), ['a']),
    ];
    for (const call of calls) refusal(call);
  });

  it('show the received value briefly, however large it is', () => {
    const long = refusal(() =>
      createNormalizationLayer('rms_norm', { axis: Array<string>(10_000).fill('a') as never }),
    );
    expect(long.length).to.be.below(400);
  });

  it('are thrown before anything changes', () => {
    const layer = createNormalizationLayer('batch_norm', { momentum: 0 });
    const x = tensor([
      [1, 2],
      [3, 4],
    ]);
    layer.forward(x);
    const before = JSON.stringify(Object.entries(layer.stateDict()).map(([name, a]) => [name, ...a.data]));
    refusal(() => layer.forward(x, { mask: [1] }));
    refusal(() => layer.forward(x.cast('float64')));
    refusal(() => layer.forward(ones([2, 3])));
    refusal(() => layer.loadStateDict({ gamma: [9, 9], beta: [9] }));
    expect(JSON.stringify(Object.entries(layer.stateDict()).map(([name, a]) => [name, ...a.data]))).to.equal(
      before,
    );
    const unbuilt = new Dense(2);
    refusal(() => unbuilt.forward(tensor(1)));
    expect(unbuilt.built).to.equal(false);
  });
});
