import { expect } from 'chai';
import fc from 'fast-check';
import { inspect } from 'node:util';
import {
  Adam,
  Dense,
  KeyValueCache,
  Parameter,
  Sequential,
  add,
  array,
  createNormalizationLayer,
  memoryInfo,
  mul,
  ones,
  randomNormal,
  scope,
  sum,
  tensor,
  transpose,
  valueAndGrad,
  zeros,
} from '../../src/index.js';
import { ExponentialMovingAverage } from '../../src/train/index.js';
import { arrays, shapes } from '../support/arbitraries.js';

const matrix = () =>
  tensor([
    [1, 2.5, -3],
    [4, 5, NaN],
  ]);

describe('a tensor that is printed', () => {
  it('shows its shape, its dtype and its numbers in rows', () => {
    expect(inspect(matrix())).to.equal(
      ['Tensor [2, 3] float32', '[[  1, 2.5,  -3],', ' [  4,   5, NaN]]'].join('\n'),
    );
    expect(inspect(tensor([1, -0, Infinity], { dtype: 'float64' }))).to.equal(
      'Tensor [3] float64 [1, -0, Infinity]',
    );
    expect(inspect(tensor(0.1))).to.equal('Tensor [] float32 0.1');
    expect(inspect(zeros([0, 3]))).to.equal('Tensor [0, 3] float32 []');
    expect(inspect(ones([2, 1, 2]))).to.equal(
      ['Tensor [2, 1, 2] float32', '[[[1, 1]],', '', ' [[1, 1]]]'].join('\n'),
    );
    expect(inspect(transpose(matrix()))).to.equal(
      ['Tensor [3, 2] float32', '[[  1,   4],', ' [2.5,   5],', ' [ -3, NaN]]'].join('\n'),
    );
  });

  it('is the same text in a template, by String and by toString', () => {
    const x = matrix();
    expect([`${x}`, String(x), x.toString()]).to.deep.equal(Array(3).fill(inspect(x)));
  });

  it('is indented inside other objects, and its kind deep inside', () => {
    expect(inspect({ x: matrix() })).to.equal(
      ['{', '  x: Tensor [2, 3] float32', '  [[  1, 2.5,  -3],', '   [  4,   5, NaN]]', '}'].join('\n'),
    );
    expect(inspect({ x: [matrix()] }, { depth: 1 })).to.equal('{ x: [ [Tensor [2, 3] float32] ] }');
    expect(inspect(matrix(), { depth: 0 })).to.equal(inspect(matrix()));
  });

  it('leaves out the middle of long axes beyond 1000 numbers', () => {
    expect(inspect(ones([1000])).match(/1[,\]]/g)).to.have.length(1000);
    expect(inspect(mul(ones([1001]), 2))).to.equal('Tensor [1001] float32 [2, 2, 2, …, 2, 2, 2]');
    const large = inspect(randomNormal([2000, 7, 1000], { seed: 1 }));
    expect(large.length).to.be.below(5000);
    expect(large).to.match(/^Tensor \[2000, 7, 1000\] float32\n\[\[\[/);
  });

  it('shows every number that it prints to 7 digits, in its place', () => {
    fc.assert(
      fc.property(
        shapes().chain((shape) => arrays(shape)),
        (value) => {
          const text = inspect(tensor(value)).replace(/^Tensor \[[\d, ]*\] float\d\d\s/, '');
          const shown = JSON.parse(text.replaceAll(/-?Infinity|NaN/g, 'null')) as unknown;
          const rounded = (nested: unknown): unknown =>
            Array.isArray(nested)
              ? nested.map(rounded)
              : Number.isFinite(nested)
                ? Number((nested as number).toPrecision(7))
                : null;
          if (array.flat(value).length > 0 && array.flat(value).length <= 1000)
            expect(shown).to.deep.equal(rounded(array.toNested(value)));
        },
      ),
    );
  });

  it('says that its numbers have been freed, and does not throw', () => {
    let lost = zeros([1]);
    scope(() => {
      lost = add(randomNormal([5000], { seed: 1 }), 1);
    });
    if (memoryInfo().reserved === 0) return;
    const text = 'Tensor [5000] float32, whose numbers ended with their scope';
    expect([inspect(lost), String(lost)]).to.deep.equal([text, text]);
    expect(() => JSON.stringify(lost)).to.throw('freed with its scope or tape');
  });

  it('allocates nothing', () => {
    scope(() => {
      const x = randomNormal([50, 50], { seed: 1 });
      const before = memoryInfo();
      expect(inspect(x)).to.include('…');
      expect(JSON.stringify(x)).to.include('[50,50]');
      expect(memoryInfo()).to.deep.equal(before);
    });
  });
});

describe('a tensor as JSON', () => {
  it('is read by tensor to the last bit, whatever its numbers', () => {
    fc.assert(
      fc.property(
        shapes().chain((shape) => arrays(shape)),
        (value) => {
          const x = tensor(value);
          for (const written of [x, x.value, new Parameter(x)]) {
            const text = JSON.stringify(written);
            const again = tensor(JSON.parse(text) as never);
            expect([again.shape, again.dtype]).to.deep.equal([x.shape, x.dtype]);
            expect(again.toArray()).to.deep.equal(x.toArray());
          }
        },
      ),
    );
    const odd = tensor([NaN, Infinity, -Infinity, -0, 0.1], { dtype: 'float64' });
    expect(JSON.parse(JSON.stringify(odd))).to.deep.equal({
      shape: [5],
      dtype: 'float64',
      data: ['NaN', 'Infinity', '-Infinity', '-0', 0.1],
    });
    expect(tensor(JSON.parse(JSON.stringify(odd)) as never).toArray()).to.deep.equal(odd.toArray());
  });

  it('is rejected if its data do not fill its shape, or are no numbers', () => {
    for (const wrong of [
      { shape: [3], dtype: 'float32', data: [1, 2] },
      { shape: [2], dtype: 'float32', data: [1, 'nan'] },
      { shape: [2], dtype: 'float32', data: [1, null] },
      { shape: [1], dtype: 'int32', data: [1] },
      { shape: [-1], dtype: 'float32', data: [] },
    ])
      expect(() => tensor(wrong as never), JSON.stringify(wrong)).to.throw(/^tensor/);
  });
});

describe('what else a learner prints', () => {
  it('a parameter says whether it is frozen', () => {
    expect(inspect(new Parameter(tensor([1, 2])))).to.equal('Parameter [2] float32 [1, 2]');
    expect(inspect(new Parameter(tensor([1]), { trainable: false }))).to.equal(
      'Frozen parameter [1] float32 [1]',
    );
  });

  it('gradients show each leaf', () => {
    const [x, w] = [tensor([1, 2]), new Parameter(tensor([3, 4]))];
    const { gradients } = valueAndGrad(() => sum(mul(x, w)), [x, w]);
    expect(inspect(gradients)).to.equal(
      [
        'Gradients of 2',
        '  tensor 0: Tensor [2] float32 [3, 4]',
        '  parameter 1: Tensor [2] float32 [1, 2]',
      ].join('\n'),
    );
    expect(inspect([[gradients]], { depth: 1 })).to.equal('[ [ [Gradients of 2] ] ]');
    expect(inspect(gradients, { depth: 0 })).to.equal(inspect(gradients));
  });

  it('a module shows its summary, a norm its options too', () => {
    const model = new Sequential([new Dense(3, { seed: 1 })]);
    expect(inspect(model)).to.equal(model.summary());
    expect(`${model}`).to.equal(model.summary());
    expect(inspect([[model]], { depth: 1 })).to.equal('[ [ [Sequential] ] ]');
    const layer = createNormalizationLayer('batch_norm', { momentum: 0.5 });
    layer.forward(ones([2, 2]));
    expect(inspect(layer)).to.include('"momentum":0.5').and.include('moving_mean [2]');
    expect(inspect([...layer.statistics().values()][0])).to.equal('Statistic [2] float32 [0.5, 0.5]');
  });

  it('gradients are a list of them in JSON', () => {
    const leaf = tensor([1, 2]);
    const { gradients } = valueAndGrad(() => sum(mul(leaf, 3)), [leaf]);
    expect(JSON.parse(JSON.stringify(gradients))).to.deep.equal([
      { shape: [2], dtype: 'float32', data: [3, 3] },
    ]);
  });

  it('a cache of keys and an average of weights show how much they hold', () => {
    const cache = new KeyValueCache();
    expect(`${cache}`).to.equal('KeyValueCache of 0 places');
    cache.append(zeros([1, 2, 3, 4]), zeros([1, 2, 3, 4]));
    expect(inspect({ cache })).to.include('KeyValueCache of 3 places, keys [1, 2, 3, 4]');
    const model = new Dense(3);
    model.forward(ones([1, 2]));
    const average = new ExponentialMovingAverage(model, { decay: 0.5 });
    average.update();
    expect(inspect(average)).to.equal('ExponentialMovingAverage {"decay":0.5} of 2 parameters');
  });

  it('an optimizer shows its rate, its settings and its steps', () => {
    expect(inspect(new Adam({ learningRate: 0.5 }))).to.match(
      /^Adam \{"learningRate":0\.5,.*"beta1":0\.9.*\}, steps made: 0$/,
    );
    expect(inspect(new Adam({ learningRate: () => 0.25 }))).to.include('"a schedule, now 0.25"');
  });
});
