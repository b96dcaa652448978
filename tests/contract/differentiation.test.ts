import { expect } from 'chai';
import ndarray from 'ndarray';
import {
  Dense,
  Parameter,
  SGD,
  type Tensor,
  add,
  createNormalizationLayer,
  crossEntropy,
  gradcheck,
  matmul,
  mean,
  mul,
  noGrad,
  ones,
  primitive,
  randomNormal,
  softmax,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
  zeros,
} from 'normtape';
import { expectNear, float64, numbers, refusal } from './support.js';

const cube = (x: Tensor): Tensor => mul(x, mul(x, x));

describe('contract: differentiation', () => {
  it('vjp returns the value, and a pullback whose default seed is 1 everywhere', () => {
    const x = float64([1, 2, 3]);
    const { value, pullback } = vjp(() => cube(x));
    expect(numbers(value)).to.deep.equal([1, 8, 27]);
    expectNear(pullback().of(x), [3, 12, 27]);
    expectNear(pullback(float64([1, -2, 0.5])).of(x), [3, -24, 13.5]);
  });

  it('vjp of a list requires one seed per output', () => {
    const x = float64([1, 2]);
    const { value, pullback } = vjp(() => [square(x), sum(x)] as const);
    expect(value[1].item()).to.equal(3);
    expectNear(pullback([float64([1, 10]), float64(100)]).of(x), [102, 140]);
    const loose = pullback as (...seeds: unknown[]) => unknown;
    for (const seeds of [
      [],
      [float64([1, 1])],
      [[float64([1, 1])]],
      [[float64([1, 1]), undefined]],
      [[float64([1, 1]), 1]],
      [[float64(1), float64([1, 1])]],
    ])
      refusal(() => loose(...seeds));
  });

  it('rejects seeds of another shape or dtype, and seeds that are not tensors', () => {
    const { pullback } = vjp(() => square(float64([1, 2])));
    for (const seed of [float64([1]), ones([2]), 1, [1, 1], 'a', null])
      refusal(() => pullback(seed as never));
  });

  it('rejects a promise, a function that returns no tensor, and a value that is not a function', () => {
    const x = ones([1]);
    const asynchronous = async () => x;
    for (const differentiate of [vjp, valueAndGrad] as readonly ((f: never) => unknown)[]) {
      expect(refusal(() => differentiate(asynchronous as never))).to.include('promise');
      for (const f of [() => {}, () => 3, () => [x, 3], () => null, x, undefined])
        refusal(() => differentiate(f as never));
    }
    expect(refusal(() => valueAndGrad(() => ones([2])))).to.include('size 1');
    refusal(() => valueAndGrad((() => [x]) as never));
  });

  it('works as before after a function that threw', () => {
    const x = float64([2]);
    expect(() =>
      vjp(() => {
        throw new Error('mine');
      }),
    ).to.throw('mine');
    expectNear(
      vjp(() => square(x))
        .pullback()
        .of(x),
      [4],
    );
  });

  it('returns gradients for every leaf that was used: parameters, frozen ones, plain tensors', () => {
    const [x, unread, dead] = [float64([3]), float64([1]), float64([5])];
    const weight = new Parameter(float64([2]));
    const frozen = new Parameter(float64([4]), { trainable: false });
    const made: Tensor[] = [];
    const { pullback } = vjp(() => {
      made.push(mul(x, weight));
      mul(dead, dead);
      return mul(made[0]!, frozen);
    });
    const gradients = pullback();
    expectNear(gradients.of(x), [8]);
    expectNear(gradients.of(weight), [12]);
    expectNear(gradients.of(frozen), [6]);
    expectNear(gradients.of(dead), [0]);
    expect(gradients.of(unread)).to.equal(undefined);
    expect(gradients.of(made[0]!)).to.equal(undefined);
    const pairs = [...gradients];
    expect(pairs.map(([leaf]) => leaf)).to.have.members([x, weight, frozen, dead]);
    for (const [leaf, gradient] of pairs) expect(gradients.of(leaf)).to.equal(gradient);
    for (const [leaf, { shape, dtype }] of pairs) {
      expect(shape).to.deep.equal(leaf.shape);
      expect(dtype).to.equal(leaf.dtype);
    }
  });

  it('returns the seed as the gradient of a returned leaf', () => {
    const x = float64([1, 2]);
    expectNear(
      vjp(() => x)
        .pullback(float64([3, 4]))
        .of(x),
      [3, 4],
    );
    const twice = vjp(() => [x, x] as const).pullback([float64([3, 4]), float64([10, 10])]);
    expectNear(twice.of(x), [13, 14]);
  });

  it('valueAndGrad returns gradients of the trainable parameters that were used, and of nothing else', () => {
    const x = float64([3]);
    const [weight, frozen, unread] = [
      new Parameter(float64([2])),
      new Parameter(float64([4]), { trainable: false }),
      new Parameter(float64([1])),
    ];
    const { value, gradients } = valueAndGrad(() => sum(mul(mul(x, weight), frozen)));
    expect(value.item()).to.equal(24);
    expect([...gradients].map(([leaf]) => leaf)).to.deep.equal([weight]);
    expect([x, frozen, unread].map((leaf) => gradients.of(leaf))).to.deep.equal(Array(3).fill(undefined));
  });

  it('valueAndGrad accepts a tensor, a list of tensors, objects with parameters, and lists of both', () => {
    const x = float64([[3, 1]]);
    const layer = new Dense(1, { seed: 1 });
    const loss = () => sum(square(layer.forward(x)));
    const of = (wrt: Parameters<typeof valueAndGrad>[1]) =>
      [...valueAndGrad(loss, wrt).gradients].map(([leaf]) => leaf);
    expect(of(layer)).to.have.members(layer.parameters()); // The first call built it.
    expect(layer.parameters().length).to.equal(2);
    expect(of(x)).to.deep.equal([x]);
    expect(of([x, layer.kernel!])).to.have.members([x, layer.kernel!]);
    expect(of({ parameters: () => [layer.bias!] })).to.deep.equal([layer.bias!]);
    expect(of([layer, x])).to.have.members([x, ...layer.parameters()]);
    expect(of(layer.namedParameters().values())).to.have.members(layer.parameters());
    expect(of([])).to.deep.equal([]);
    layer.freeze();
    expect(of(layer)).to.have.members(layer.parameters());
    expect(of(undefined)).to.deep.equal([]);
    for (const wrt of [3, 'kernel', [3], layer.namedParameters(), {}])
      expect(refusal(() => valueAndGrad(loss, wrt as never))).to.include('wrt');
  });

  it('accumulates the gradients of a tensor that is used twice', () => {
    const x = float64([2, 3]);
    expectNear(
      vjp(() => add(mul(x, x), x))
        .pullback()
        .of(x),
      [5, 7],
    );
    const w = float64([[2]]);
    expectNear(
      vjp(() => matmul(w, w))
        .pullback()
        .of(w),
      [4],
    );
  });

  it('returns the same bits from the same pullback twice', () => {
    const x = randomNormal([3, 4], { seed: 1 });
    const { pullback } = vjp(() => softmax(tanh(x), -1));
    const seed = randomNormal([3, 4], { seed: 2 });
    expect(numbers(pullback(seed).of(x)!)).to.deep.equal(numbers(pullback(seed).of(x)!));
  });

  it('modifies neither inputs nor seeds nor weights', () => {
    const [data, seedData, weightData] = [1, 2, 3].map((n) => Float64Array.of(n, n + 0.5));
    const [x, seed] = [tensor(data!), tensor(seedData!)];
    const weight = new Parameter(ndarray(weightData!));
    const { pullback } = vjp(() => add(mul(x, weight), x));
    const gradients = pullback(seed);
    new SGD({ learningRate: 1 }).step(gradients);
    expect([data, seedData, weightData].map((array) => [...array!])).to.deep.equal([
      [1, 1.5],
      [2, 2.5],
      [3, 3.5],
    ]);
    expectNear(weight, [1, -0.25]);
  });

  it('uses the weights of the forward pass in the backward pass, even if they were replaced since', () => {
    const weight = new Parameter(float64([2]));
    const x = float64([3]);
    const { pullback } = vjp(() => mul(x, weight));
    weight.value = float64([100]).value;
    expectNear(pullback().of(x), [2]);
    const optimizer = new SGD({ learningRate: 0.5 });
    const first = vjp(() => mul(x, weight));
    optimizer.step(first.pullback());
    expectNear(weight, [98.5]);
    expectNear(first.pullback().of(x), [100]);
  });

  it('records an op on every open tape', () => {
    const x = float64([2]);
    let inner: Tensor | undefined;
    const outer = vjp(() => {
      const nested = vjp(() => square(x));
      inner = nested.pullback().of(x);
      return mul(nested.value, x);
    });
    expectNear(inner, [4]);
    expectNear(outer.pullback().of(x), [12]);
    // The result of a pullback is a constant, so it is of first order only.
    const second = vjp(() =>
      mul(
        vjp(() => square(x))
          .pullback()
          .of(x)!,
        3,
      ),
    );
    expect(second.pullback().of(x)?.item() ?? 0).to.equal(0);
  });

  it('stopGradient cuts a path but counts as use; noGrad records nothing', () => {
    const x = float64([3]);
    expectNear(
      vjp(() => mul(x, stopGradient(x)))
        .pullback()
        .of(x),
      [3],
    );
    expectNear(
      vjp(() => stopGradient(x))
        .pullback()
        .of(x),
      [0],
    );
    expect(numbers(stopGradient(x))).to.deep.equal([3]);
    const { value, pullback } = vjp(() => noGrad(() => square(x)));
    expect(value.item()).to.equal(9);
    expect(pullback().of(x)).to.equal(undefined);
    expect(noGrad(() => 'anything')).to.equal('anything');
    expectNear(
      noGrad(() =>
        vjp(() => square(x))
          .pullback()
          .of(x),
      ),
      [6],
    );
    refusal(() => stopGradient(3 as never));
  });

  it('accepts an op of a user, and reports its mistakes', () => {
    const double = primitive('double', (x) => ({
      value: tensor(
        numbers(x).map((v) => 2 * v),
        { dtype: x.dtype, shape: x.shape },
      ).value,
      pullback: (g) => [
        tensor(
          numbers(g).map((v) => 2 * v),
          { dtype: g.dtype, shape: g.shape },
        ).value,
      ],
    }));
    const x = float64([1, 2]);
    expectNear(
      vjp(() => double(x))
        .pullback(float64([1, 5]))
        .of(x),
      [2, 10],
    );
    expect(gradcheck(double, [x]).ok).to.equal(true);
    const wrong = primitive('wrong', (a) => ({
      value: a,
      pullback: () => [zeros(a.shape, { dtype: a.dtype }).value],
    }));
    expect(gradcheck((a) => wrong(square(a)), [x]).ok).to.equal(false);

    const broken = (rule: unknown, count = 1) => {
      const op = primitive('broken', rule as never) as (...inputs: Tensor[]) => Tensor;
      return refusal(() => vjp(() => op(...Array<Tensor>(count).fill(x))).pullback());
    };
    broken(() => ({}));
    broken((a: unknown) => a);
    broken(() => ({ value: 3, pullback: (g: unknown) => [g] }));
    broken((a: unknown) => ({ value: a }));
    broken((a: unknown) => ({ value: a, pullback: (g: unknown) => g }));
    broken((a: unknown) => ({ value: a, pullback: () => [3] }));
    broken((a: unknown) => ({ value: a, pullback: () => [zeros([1]).value] }));
    expect(
      broken((a: unknown, b: unknown) => ({ value: b && a, pullback: (g: unknown) => [g] }), 2),
    ).to.include('each of the 2 inputs');
  });

  it('gradcheck checks its inputs in float64, and rejects float32', () => {
    const x = randomNormal([2, 3], { seed: 1, dtype: 'float64' });
    const layer = createNormalizationLayer('layer_norm');
    expect(gradcheck((a) => layer.forward(a), [x]).ok).to.equal(true);
    expect(gradcheck((a, b) => matmul(a, b), [x, float64([[1], [2], [3]])]).ok).to.equal(true);
    expect(refusal(() => gradcheck((a) => square(a), [x.cast('float32')]))).to.include('float64');
  });

  describe('crossEntropy', () => {
    const logits = float64([
      [2, 0, 1],
      [0, 1, 3],
    ]);
    const logSoftmax = (row: readonly number[]) => {
      const total = Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0));
      return row.map((v) => v - total);
    };
    const [first, second] = [logSoftmax([2, 0, 1]), logSoftmax([0, 1, 3])] as [number[], number[]];

    it('is the mean over the batch, of integer labels in any array', () => {
      const expected = -(first[0]! + second[2]!) / 2;
      for (const labels of [[0, 2], Int32Array.of(0, 2), Uint8Array.of(0, 2), ndarray(Int8Array.of(0, 2))])
        expectNear(crossEntropy(logits, labels), [expected]);
      const { gradients } = valueAndGrad(() => crossEntropy(logits, [0, 2]), logits);
      const slope = [...first.map(Math.exp), ...second.map(Math.exp)].map(
        (p, i) => (p - (i === 0 || i === 5 ? 1 : 0)) / 2,
      );
      expectNear(gradients.of(logits), slope);
    });

    it('accepts a tensor of probabilities, and smooths labels of both kinds', () => {
      const hot = float64([
        [1, 0, 0],
        [0, 0, 1],
      ]);
      expectNear(crossEntropy(logits, hot), numbers(crossEntropy(logits, [0, 2])));
      const smooth = -[first, second].reduce(
        (total, row, i) =>
          total + row.reduce((loss, l, c) => loss + l * (0.7 * +(c === [0, 2][i]!) + 0.1), 0) / 2,
        0,
      );
      expectNear(crossEntropy(logits, hot, { labelSmoothing: 0.3 }), [smooth]);
      expectNear(crossEntropy(logits, [0, 2], { labelSmoothing: 0.3 }), [smooth]);
    });

    it('ignores an index, weights samples, and applies the reduction', () => {
      const each = [-first[0]!, -second[2]!];
      expectNear(crossEntropy(logits, [0, -100], { ignoreIndex: -100 }), [each[0]!]);
      expectNear(crossEntropy(logits, [0, 1], { ignoreIndex: 1 }), [each[0]!]);
      expectNear(crossEntropy(logits, [1, 1], { ignoreIndex: 1 }), [0]);
      expectNear(crossEntropy(logits, [0, 2], { reduction: 'none' }), each);
      expectNear(crossEntropy(logits, [0, 2], { reduction: 'sum' }), [each[0]! + each[1]!]);
      expectNear(crossEntropy(logits, [0, 2], { sampleWeight: [3, 1] }), [(3 * each[0]! + each[1]!) / 2]);
    });

    it('rejects labels and options that do not fit', () => {
      for (const labels of [[0], [0, 3], [0, -1], [0, 0.5], ['0', '1'], undefined, BigInt64Array.of(0n, 1n)])
        refusal(() => crossEntropy(logits, labels as never));
      expect(refusal(() => crossEntropy(logits, float64([0, 2])))).to.include(
        'Integer labels come as a list',
      );
      expect(
        refusal(() =>
          crossEntropy(logits, [
            [1, 0, 0],
            [0, 0, 1],
          ]),
        ),
      ).to.include('come as a tensor');
      for (const options of [{ smoothing: 1 }, { labelSmoothing: 2 }, { reduction: 'avg' }, null, 'sum'])
        refusal(() => crossEntropy(logits, [0, 2], options as never));
      expect(refusal(() => crossEntropy(logits, [0, 2], { sampleWeights: [1, 1] } as never))).to.include(
        'Did you mean sampleWeight?',
      );
    });
  });

  it('trains: the loss of a line falls by steps along its gradient', () => {
    const x = randomNormal([32, 2], { seed: 1 });
    const y = add(matmul(x, tensor([[2], [-1]])), 0.5);
    const layer = new Dense(1, { seed: 3 });
    const sgd = new SGD({ learningRate: 0.2 });
    let loss = NaN;
    for (let step = 0; step < 60; step++) {
      const { value, gradients } = valueAndGrad(() => mean(square(sub(layer.forward(x), y))), layer);
      sgd.step(gradients);
      loss = value.item();
    }
    expect(loss).to.be.below(1e-4);
  });
});
