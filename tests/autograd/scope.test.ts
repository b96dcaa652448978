import { expect } from 'chai';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import {
  Adam,
  Dense,
  type Gradients,
  Module,
  NormtapeError,
  Parameter,
  SGD,
  Sequential,
  type Tensor,
  add,
  createNormalizationLayer,
  exp,
  keep,
  kernelInfo,
  matmul,
  memoryInfo,
  mul,
  noGrad,
  primitive,
  randomNormal,
  reshape,
  scope,
  setKernels,
  sum,
  tanh,
  tensor,
  transpose,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { scale } from '../../src/array/index.js';
import { failure } from '../support/failure.js';

const ENDED =
  'array: expected an array that was not freed, received "one that was freed with its scope or tape". Return the tensor from the scope, or call keep(tensor) inside it.';
const isCompiled = (): boolean => kernelInfo().kernels !== 'js';
const normal = (seed: number, shape = [6, 5]) => randomNormal(shape, { seed });

describe('scope', () => {
  it('returns what f returns, in lists, maps and objects, which stay readable', () => {
    const { list, named, map } = scope(() => {
      const a = add(tensor([1, 2]), 1);
      return { list: [a, [mul(a, 2)]] as const, named: { b: mul(a, 3) }, map: new Map([['c', mul(a, 4)]]) };
    });
    scope(() => [normal(1), normal(2), normal(3)].map(exp).length);
    expect(list[0].toArray()).to.deep.equal([2, 3]);
    expect(list[1][0]!.toArray()).to.deep.equal([4, 6]);
    expect(named.b.toArray()).to.deep.equal([6, 9]);
    expect(map.get('c')!.toArray()).to.deep.equal([8, 12]);
  });

  it('frees everything else, and reading it throws', () => {
    let inner: Tensor | undefined;
    let view: Tensor | undefined;
    scope(() => {
      inner = mul(normal(1), 2);
      view = transpose(inner);
    });
    for (const read of [
      () => inner!.toArray(),
      () => inner!.value.data,
      () => inner!.value.get(0, 0),
      () => add(inner!, 1),
      () => view!.toArray(),
    ]) {
      expect(failure(read)).to.equal(ENDED);
      expect(read).to.throw(NormtapeError);
    }
    expect(inner!.shape).to.deep.equal([6, 5]);
  });

  it('frees it also if f throws', () => {
    let inner: Tensor | undefined;
    const before = memoryInfo();
    expect(() =>
      scope(() => {
        inner = normal(1);
        throw new RangeError('of the caller');
      }),
    ).to.throw(RangeError);
    expect(failure(() => inner!.toArray())).to.equal(ENDED);
    expect(memoryInfo()).to.deep.equal(before);
  });

  it('keeps numbers that the user holds readable', () => {
    let seen: ReturnType<typeof normal>['value'] | undefined;
    let wanted: number[] | undefined;
    scope(() => {
      const x = normal(4);
      wanted = (x.toArray() as number[][]).flat();
      seen = x.value;
    });
    scope(() => Array.from({ length: 9 }, (_, i) => normal(i)).length);
    expect([...seen!.data]).to.deep.equal(wanted);
  });

  it('lets a tensor be kept', () => {
    let kept: Tensor | undefined;
    scope(() => {
      kept = keep(normal(4));
      expect(kept).to.be.instanceOf(Object);
    });
    scope(() => [normal(1), normal(2)].length);
    expect(kept!.toArray()).to.deep.equal(normal(4).toArray());
    expect(failure(() => keep(3 as never))).to.match(/^keep: expected a tensor, received 3/);
  });

  it('nests: the result of an inner scope is freed with the outer one', () => {
    let inner: Tensor | undefined;
    const outer = scope(() => {
      inner = scope(() => normal(1));
      expect(inner.toArray()).to.deep.equal(normal(1).toArray());
      return mul(inner, 2);
    });
    expect(failure(() => inner!.toArray())).to.equal(ENDED);
    expect(outer.toArray()).to.deep.equal(mul(normal(1), 2).toArray());
  });

  it('rejects promises and values that are no function', () => {
    expect(failure(() => scope(async () => 1))).to.match(/^scope: expected a function, received "a promise"/);
    expect(failure(() => scope(1 as never))).to.match(/^scope: expected a function, received 1/);
  });

  it('keeps weights and statistics that are made in it', () => {
    const model = new Sequential([
      new Dense(4, { seed: 1 }),
      createNormalizationLayer('batch_norm', { momentum: 0.5 }),
    ]);
    const x = normal(1);
    const adam = new Adam();
    scope(() => {
      const { gradients } = valueAndGrad(
        () => sum(mul(model.forward(x) as Tensor, normal(2, [6, 4]))),
        model,
      );
      adam.step(gradients);
    });
    scope(() => Array.from({ length: 20 }, (_, i) => normal(i)).length);
    const [fresh, other] = [new Dense(4, { seed: 1 }), new Dense(4, { seed: 1 })];
    scope(() => fresh.forward(x));
    other.forward(x);
    expect(fresh.stateDict()).to.deep.equal(other.stateDict());
    for (const array of Object.values(model.stateDict())) {
      expect([...array.data].every(Number.isFinite)).to.equal(true);
    }
    expect(Object.keys(adam.stateDict(model))).to.have.length.above(4);
    scope(() => adam.step(valueAndGrad(() => sum(model.forward(x) as Tensor), model).gradients));
  });

  it('changes no result, whatever is computed and freed in between', () => {
    const ops = [
      tanh,
      (x: Tensor) => mul(x, x),
      (x: Tensor) => add(x, 0.25),
      (x: Tensor) => mul(x, normal(3, [5, 5])),
      transpose,
      (x: Tensor) => x,
    ];
    fc.assert(
      fc.property(
        fc.array(fc.nat(ops.length - 1), { minLength: 1, maxLength: 8 }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        fc.nat(99),
        (chain, scoped, seed) => {
          const run = (apply: (f: () => Tensor, i: number) => Tensor): unknown => {
            const x = normal(seed, [5, 5]);
            const seedOf = normal(seed + 1, [5, 5]);
            const f = () =>
              chain.reduce<Tensor>((y, op, i) => apply(() => matmul(ops[op]!(y), y), i), mul(x, 0.2));
            const { value, pullback } = vjp(f);
            return [f().toArray(), value.toArray(), pullback(seedOf).of(x)!.toArray()];
          };
          const plain = run((f) => f());
          expect(run((f, i) => (scoped[i]! ? scope(f) : f()))).to.deep.equal(plain);
          expect(scope(() => run((f, i) => (scoped[i]! ? scope(f) : f())))).to.deep.equal(plain);
        },
      ),
    );
  });
});

describe('the arrays of a tape', () => {
  const x = normal(7);
  const weight = new Parameter(normal(8, [5, 3]));
  const loss = () => sum(tanh(matmul(x, weight)));

  it('can still be read after the step in which they were made', () => {
    let hidden: Tensor | undefined;
    valueAndGrad(() => sum(tanh((hidden = matmul(x, weight)))));
    valueAndGrad(loss);
    expect(hidden!.toArray()).to.deep.equal(matmul(x, weight).toArray());
  });

  it('can still be read after it, also if memory was short before', () => {
    pressed();
    let hidden: Tensor | undefined;
    valueAndGrad(() => sum(tanh((hidden = matmul(x, weight)))));
    valueAndGrad(loss);
    expect(hidden!.toArray()).to.deep.equal(matmul(x, weight).toArray());
  });

  it('stay until the backward pass is through, however short memory is, also with scopes in between', () => {
    const hurried = primitive('hurried', (a) => ({
      value: scale(a, 1),
      pullback(g) {
        pressed();
        return [g];
      },
    }));
    const slope = (within: (f: () => Tensor) => Tensor) => {
      const f = () => sum(within(() => tanh(within(() => hurried(tanh(matmul(x, weight)))))));
      return valueAndGrad(f, [weight]).gradients.of(weight)!.toArray();
    };
    expect(slope(scope)).to.deep.equal(slope((f) => f()));
  });

  it('are freed when the step after the next one begins, and later steps use their memory', () => {
    const big = normal(1, [64, 64]);
    const step = () => {
      let hidden: Tensor | undefined;
      scope(() => void valueAndGrad(() => sum(tanh((hidden = mul(big, 2)))), [big]));
      return hidden!;
    };
    const first = step();
    step();
    const wanted = scope(() => mul(big, 2).toArray());
    expect(first.toArray()).to.deep.equal(wanted);
    const { bytes, retired } = memoryInfo();
    for (let i = 0; i < 20; i++) step();
    if (isCompiled()) expect(failure(() => first.toArray())).to.equal(ENDED);
    expect(memoryInfo()).to.include({ bytes, retired });
  });

  it('are read correctly or not at all after later steps have used their memory', () => {
    let hidden: Tensor | undefined;
    const big = normal(1, [512, 512]);
    valueAndGrad(() => sum(tanh((hidden = mul(big, 2)))), [big]);
    const wanted = mul(big, 2).toArray();
    pressed();
    const read = failure(() => expect(hidden!.toArray()).to.deep.equal(wanted));
    expect(['no error', ENDED]).to.include(read);
    if (isCompiled()) expect(read).to.equal(ENDED);
  });

  it('stay if they are returned: values and gradients, however much is computed after', () => {
    const first = valueAndGrad(loss, [x, weight]);
    const wanted = [first.value, first.gradients.of(x)!, first.gradients.of(weight)!].map((t) => t.toArray());
    for (let i = 0; i < 50; i++) scope(() => valueAndGrad(() => sum(exp(normal(i, [64, 64])))).value);
    pressed();
    const now = [first.value, first.gradients.of(x)!, first.gradients.of(weight)!].map((t) => t.toArray());
    expect(now).to.deep.equal(wanted);
  });

  it('stay for the outer tape if an inner one ends', () => {
    const outer = vjp(() => {
      const y = tanh(matmul(x, weight));
      const { gradients } = valueAndGrad(() => sum(mul(tanh(matmul(x, weight)), 3)), [weight]);
      return mul(sum(y), sum(gradients.of(weight)!));
    });
    const factor = 3 * sumOf(vjp(loss).pullback().of(weight)!);
    const alone = vjp(loss).pullback().of(x)!;
    const through = outer.pullback().of(x)!;
    flat(through).forEach((value, i) => expect(value).to.be.closeTo(factor * flat(alone)[i]!, 1e-4));
  });

  it('stay for the outer tape if its backward pass goes through the inner one', () => {
    const layer = createNormalizationLayer('layer_norm');
    const f = () => sum(mul(layer.forward(x), normal(2)));
    const outer = vjp(() => valueAndGrad(f, [x]).value);
    expect(outer.pullback().of(x)!.toArray()).to.deep.equal(vjp(f).pullback().of(x)!.toArray());
  });

  it('are read in their new place, if the user took hold of them before the backward pass', () => {
    const layers = (['layer_norm', 'batch_norm'] as const).map((type) => createNormalizationLayer(type));
    for (const f of [
      tanh,
      exp,
      (a: Tensor) => matmul(a, weight),
      ...layers.map((l) => (a: Tensor) => l.forward(a)),
    ]) {
      const input = mul(x, 1);
      const seed = normal(5, [...f(input).shape]);
      const wanted = vjp(() => f(x))
        .pullback(seed)
        .of(x)!
        .toArray();
      const { value, pullback } = vjp(() => f(input));
      for (const taken of [input, value]) expect([...taken.value.data].every(Number.isFinite)).to.equal(true);
      scope(() => Array.from({ length: 40 }, (_, i) => [normal(i), normal(i, [5, 3])]).length);
      expect(pullback(seed).of(input)!.toArray()).to.deep.equal(wanted);
    }
  });

  it('are freed with the scope of a pullback, which then throws', () => {
    const pullback = scope(() => vjp(() => exp(tanh(mul(x, 2)))).pullback);
    expect(failure(() => pullback(normal(3)))).to.equal(ENDED);
  });

  it('are not taken for gradients: an array that a pullback saved is copied', () => {
    const saved = primitive('saved', (a) => ({ value: a, pullback: () => [a] }));
    const { gradients } = valueAndGrad(() => sum(saved(mul(x, 2))), [x]);
    expect(gradients.of(x)!.toArray()).to.deep.equal(mul(x, 4).toArray());
    const between = primitive('between', (a) => {
      const twice = scale(a, 2);
      return { value: scale(twice, 3), pullback: () => [twice] };
    });
    const through = valueAndGrad(() => sum(between(mul(x, 2))), [x]).gradients;
    expect(through.of(x)!.toArray()).to.deep.equal(mul(x, 8).toArray());
  });

  it('do not include the seed, which stays with its owner', () => {
    const seed = normal(9);
    const { pullback } = vjp(() => add(x, 1));
    const gradient = pullback(seed).of(x)!;
    expect(gradient.toArray()).to.deep.equal(seed.toArray());
    vjp(() => mul(x, 2)).pullback(seed);
    const twin = new Parameter(normal(1));
    const sgd = new SGD({ learningRate: 0.1 });
    for (let i = 0; i < 3; i++) sgd.step(vjp(() => add(twin, 1)).pullback(seed));
    expect(seed.toArray()).to.deep.equal(gradient.toArray());
  });

  it('do not include the seed after a step, however much memory others need then', () => {
    const seed = normal(9, [64, 64]);
    const parameter = new Parameter(normal(1, [64, 64]));
    new SGD().step(vjp(() => add(parameter, 1)).pullback(seed));
    pressed();
    expect(seed.toArray()).to.deep.equal(normal(9, [64, 64]).toArray());
  });

  it('are freed during the backward pass: each entry frees as much as it allocated', function () {
    if (!isCompiled()) this.skip();
    const seen: number[] = [];
    const probe = primitive('probe', (a) => ({
      value: scale(scale(a, 4), 0.5),
      pullback: (g) => {
        seen.push(memoryInfo().bytes);
        return [scale(scale(g, 4), 0.5)];
      },
    }));
    const input = normal(1, [64, 64]);
    valueAndGrad(() => sum(Array.from({ length: 9 }).reduce<Tensor>((y) => probe(y), input)), [input]);
    // The gradient of a sum is one number stretched; from there on each is as large as the values.
    for (let i = 2; i < seen.length; i++) expect(seen[i - 1]! - seen[i]!).to.be.at.least(2 * 4 * 64 * 64);
    expect(seen).to.have.length(9);
  });

  it('are freed after their step: training takes no more memory after many steps than after some', function () {
    if (!isCompiled()) this.skip();
    class Model extends Module {
      readonly first = new Dense(48, { seed: 1, activation: 'tanh' });
      readonly norm = createNormalizationLayer('layer_norm');
      readonly last = new Dense(1, { seed: 2 });
      override forward(input: Tensor): Tensor {
        return this.last.forward(this.norm.forward(this.first.forward(input)));
      }
    }
    const model = new Model();
    const input = normal(1, [16, 64]);
    const adam = new Adam();
    const step = () => {
      const { value, gradients } = valueAndGrad(() => sum(mul(model.forward(input), model.forward(input))));
      adam.step(gradients);
      return value.item();
    };
    for (let i = 0; i < 100; i++) step();
    const { bytes, arrays } = memoryInfo();
    for (let i = 0; i < 900; i++) step();
    expect(memoryInfo()).to.include({ bytes, arrays });
  });

  it('stay if they are kept, even a gradient that a step has used', () => {
    const big = new Parameter(normal(1, [512, 512]));
    const sgd = new SGD({ learningRate: 0.1 });
    const { gradients } = valueAndGrad(() => sum(mul(big, 3)));
    const kept = keep(gradients.of(big)!);
    sgd.step(gradients);
    for (let i = 0; i < 70; i++) sgd.step(valueAndGrad(() => sum(mul(big, i))).gradients);
    expect(flat(kept).every((value) => value === 3)).to.equal(true);
  });

  it('can be used again: the same gradients for several steps', () => {
    const big = new Parameter(normal(1, [256, 512]));
    const adam = new Adam();
    const { gradients } = valueAndGrad(() => sum(mul(big, 3)));
    for (let i = 0; i < 90; i++) adam.step(gradients);
    expect(flat(gradients.of(big)!).every((value) => value === 3)).to.equal(true);
  });

  it('are left to the garbage collector if they lie outside of the arena', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const usual = kernelInfo().kernels;
    setKernels('js');
    try {
      const input = normal(1, [256, 256]);
      const step = () => valueAndGrad(() => sum(tanh(mul(input, 2))), [input]).value.item();
      const held = async () => {
        await new Promise((rested) => setTimeout(rested, 20));
        collect();
        return process.memoryUsage().arrayBuffers;
      };
      for (let i = 0; i < 20; i++) step();
      const before = await held();
      for (let i = 0; i < 200; i++) step();
      expect((await held()) - before).to.be.below(2 ** 24);
    } finally {
      setKernels(usual);
    }
  });

  it('are freed if the backward pass, or a step, throws', function () {
    if (!isCompiled()) this.skip();
    const broken = primitive('broken', (a) => ({
      value: a,
      pullback: (g) => {
        mul(tensor(g), 2);
        throw new RangeError('of the caller');
      },
    }));
    const forbidden = new Parameter(normal(8, [5, 3]), {
      constraint: () => {
        throw new RangeError('of the caller');
      },
    });
    const { gradients } = valueAndGrad(() => sum(mul(forbidden, forbidden)));
    const adam = new Adam();
    const before = memoryInfo();
    for (let i = 0; i < 5; i++) {
      expect(() => valueAndGrad(() => sum(broken(tanh(matmul(x, weight)))), [x])).to.throw(RangeError);
      expect(() => adam.step(gradients)).to.throw(RangeError);
    }
    expect(memoryInfo()).to.include({ bytes: before.bytes, arrays: before.arrays });
  });

  it('are freed if a scope is open and no tape', function () {
    if (!isCompiled()) this.skip();
    const before = memoryInfo();
    for (let i = 0; i < 20; i++) scope(() => noGrad(() => reshape(exp(matmul(x, weight)), [18])).toArray());
    expect(memoryInfo()).to.deep.equal(before);
  });

  it('are freed after each op if no tape is open, except its output', function () {
    if (!isCompiled()) this.skip();
    // Two temporaries and one value.
    const twice = primitive('twice', (a) => ({
      value: scale(scale(scale(a, 4), 1), 0.5),
      pullback: (g) => [g],
    }));
    scope(() => {
      const before = memoryInfo().arrays;
      const y = twice(x);
      expect(memoryInfo().arrays).to.equal(before + 1);
      expect(y.shape).to.deep.equal(x.shape);
    });
  });
});

/** Steps that need more memory than retired arrays may hold. */
function pressed(): void {
  const big = normal(1, [512, 512]);
  for (let i = 0; i < 60; i++) valueAndGrad(() => sum(tanh(mul(big, i))), [big]);
}

const flat = (t: Tensor): number[] => (t.toArray() as number[][]).flat();
const sumOf = (t: Tensor): number => flat(t).reduce((a, b) => a + b, 0);

describe('gradients', () => {
  it('leave a scope as a whole', () => {
    const gradients: Gradients = scope(() => valueAndGrad(() => sum(exp(normalX)), [normalX]).gradients);
    scope(() => [normal(1), normal(2)].length);
    expect(gradients.of(normalX)!.toArray()).to.deep.equal(exp(normalX).toArray());
  });
  const normalX = normal(11);
});
