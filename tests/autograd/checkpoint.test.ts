import { expect } from 'chai';
import fc from 'fast-check';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { map } from '../../src/array/index.js';
import {
  Dense,
  Dropout,
  Module,
  Parameter,
  SGD,
  Tensor,
  add,
  checkpoint,
  createNormalizationLayer,
  crossEntropy,
  describeTape,
  detectAnomaly,
  exp,
  gradcheck,
  kernelInfo,
  log,
  mean,
  memoryInfo,
  mul,
  noGrad,
  primitive,
  randomNormal,
  relu,
  square,
  stopGradient,
  sub,
  sum,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { recording } from '../../src/autograd/recording.js';

class Block extends Module {
  readonly first = new Dense(6, { seed: 1 });
  readonly norm = createNormalizationLayer('batch_norm');
  readonly dropout = new Dropout(0.4, { seed: 2 });
  readonly last = new Dense(4, { seed: 3 });

  constructor(readonly wrap: (f: () => Tensor) => Tensor) {
    super();
  }

  /** x is read three times: twice inside, and by the residual. */
  override forward(x: Tensor): Tensor {
    const branch = (): Tensor => {
      const hidden = this.dropout.forward(relu(this.norm.forward(this.first.forward(x))));
      return mul(this.last.forward(hidden), sub(x, stopGradient(x)));
    };
    return add(add(x, this.wrap(branch)), this.wrap(branch));
  }
}

const bare = (f: () => Tensor): Tensor => f();
const nested = (f: () => Tensor): Tensor => checkpoint(() => tanh(checkpoint(f)));
const x = randomNormal([5, 4], { seed: 4 });
const numbersOf = ({ value }: Tensor): number[] => [...value.data];

/** Everything that three steps of training leave behind. */
function trained(wrap: (f: () => Tensor) => Tensor) {
  const model = new Block(wrap);
  const sgd = new SGD({ learningRate: 0.1 });
  const inputs = [1, 2, 3].map((seed) => randomNormal([5, 4], { seed }));
  const seen = inputs.map((input) => {
    const { value, gradients } = valueAndGrad(
      () => crossEntropy(model.forward(input), [0, 1, 2, 3, 0]),
      [model, input],
    );
    sgd.step(gradients);
    return [value.item(), [...gradients].map(([, gradient]) => numbersOf(gradient))];
  });
  const state = Object.entries(model.stateDict()).map(([name, { data }]) => [name, [...data]]);
  return { seen, state, random: model.dropout.random.state };
}

describe('checkpoint', () => {
  it('changes no bit of losses, gradients, weights, statistics and generators', () => {
    expect(trained(checkpoint)).to.deep.equal(trained(bare));
    expect(trained(nested)).to.deep.equal(trained((f) => tanh(f())));
  });

  it('accumulates gradients in the same order as without it', () => {
    const number = fc.double({ min: -1e3, max: 1e3, noNaN: true });
    fc.assert(
      fc.property(fc.array(number, { minLength: 6, maxLength: 6 }), (factors) => {
        const gradientOf = (wrap: typeof bare) => {
          const w = tensor(Float64Array.of(0.1));
          const shares = (from: number) => () =>
            add(mul(mul(w, factors[from]!), factors[5]!), add(mul(w, factors[from + 1]!), tanh(w)));
          const f = () => sum(add(mul(w, factors[4]!), mul(wrap(shares(0)), wrap(shares(2)))));
          return valueAndGrad(f, w).gradients.of(w)!.item();
        };
        expect(gradientOf(checkpoint)).to.equal(gradientOf(bare));
        expect(gradientOf((f) => checkpoint(() => checkpoint(f)))).to.equal(gradientOf(bare));
      }),
    );
  });

  it('has gradients of the same leaves, and none of leaves that receive none', () => {
    const run = (wrap: typeof bare) => {
      const [a, b, c] = [tensor([-0]), tensor([2]), tensor([3])];
      const { pullback } = vjp(() =>
        mul(
          a,
          wrap(() =>
            add(
              mul(
                b,
                noGrad(() => exp(c)),
              ),
              stopGradient(a),
            ),
          ),
        ),
      );
      const gradients = pullback(tensor([-0]));
      return [a, b, c].map((leaf) => gradients.of(leaf)?.toArray());
    };
    expect(run(checkpoint)).to.deep.equal(run(bare));
  });

  it('may return one of its inputs', () => {
    const { pullback } = vjp(() =>
      mul(
        checkpoint(() => x),
        3,
      ),
    );
    expect(pullback().of(x)!.toArray()).to.deep.equal(Array.from({ length: 5 }, () => [3, 3, 3, 3]));
  });

  it('passes gradcheck', () => {
    const input = randomNormal([3], { seed: 6, dtype: 'float64' });
    expect(gradcheck((w) => checkpoint(() => mul(tanh(w), exp(w))), [input]).ok).to.equal(true);
  });

  it('keeps one entry, however many ops there are', () => {
    const model = new Block(bare);
    const entries = (wrap: typeof bare) => recording(() => wrap(() => model.forward(x))).entries.length;
    expect(entries(bare)).to.be.above(10);
    expect(entries(checkpoint)).to.equal(1);
    expect(describeTape(() => checkpoint(() => model.forward(x)))).to.match(/checkpoint/);
    const deep = (wrap: typeof bare) => () => [1, 2, 3].reduce((h: Tensor) => wrap(() => tanh(tanh(h))), x);
    expect(recording(deep(checkpoint)).entries).to.have.length(3);
    expect(recording(deep(bare)).entries).to.have.length(6);
  });

  it('frees every intermediate array', async () => {
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const kept = async (wrap: typeof bare): Promise<number> => {
      const made: WeakRef<object>[] = [];
      const watched = (h: Tensor): Tensor => {
        const y = tanh(h);
        made.push(new WeakRef(y.value));
        return y;
      };
      const { pullback } = vjp(() => wrap(() => mul(watched(watched(watched(x))), 2)));
      let count = made.length;
      // What was collected a task late, on a busy machine, was not held.
      for (let i = 0; i < 5 && count > 0; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        collect();
        count = made.filter((ref) => ref.deref()).length;
      }
      pullback(x);
      return count;
    };
    expect(await kept(bare)).to.equal(3);
    expect(await kept(checkpoint)).to.equal(0);
  });

  it('frees gradients in time: memory falls during the backward pass, also if checkpoints are nested', function () {
    if (kernelInfo().kernels === 'js') this.skip();
    const bytes = 4 * 64 * 64;
    const big = randomNormal([64, 64], { seed: 1 });
    const chain = (count: number, step: (h: Tensor) => Tensor): Tensor =>
      Array.from({ length: count }).reduce<Tensor>((h) => checkpoint(() => step(h)), big);
    const cases: readonly [typeof bare, (h: Tensor) => Tensor][] = [
      [bare, (h) => h],
      [bare, (h) => add(h, big)],
      // Uses of `big` within one checkpoint would have a gradient each until it ends.
      [checkpoint, (h) => h],
    ];
    for (const [wrap, end] of cases) {
      const seen: number[] = [];
      const probe = primitive('probe', (a) => ({
        value: map(a, Math.tanh),
        pullback(g) {
          seen.push(memoryInfo().bytes);
          return [map(g, (y) => y / 2)];
        },
      }));
      valueAndGrad(() => sum(wrap(() => chain(12, (h) => end(probe(h))))), [big]);
      expect(seen).to.have.length(12);
      // The gradient of a sum is one number stretched; from there on each checkpoint frees as much as its input takes.
      for (let i = 2; i < seen.length; i++) expect(seen[i - 1]! - seen[i]!).to.be.at.least(bytes);
    }
  });

  it('recomputes with the weights of the forward pass, whatever they are by then', () => {
    const weight = new Parameter(tensor([2]));
    const { pullback } = vjp(() => checkpoint(() => mul(square(weight), 3)));
    weight.value = tensor([100]).value;
    expect(pullback().of(weight)!.toArray()).to.deep.equal([12]);
    expect(weight.toArray()).to.deep.equal([100]);
  });

  it('gives the same bits in every backward pass, and leaves generators alone', () => {
    const dropout = new Dropout(0.5, { seed: 1 });
    const { value, pullback } = vjp(() => checkpoint(() => mul(dropout.forward(x), x)));
    dropout.forward(x);
    const { state } = dropout.random;
    const [one, other] = [pullback(x), pullback(x)].map((gradients) => gradients.of(x)!.toArray());
    expect(one).to.deep.equal(other);
    expect(dropout.random.state).to.deep.equal(state);
    // Where the mask let nothing pass, nothing goes back.
    numbersOf(value).forEach((y, i) => expect(y === 0).to.equal((one as number[][]).flat()[i] === 0));
  });

  it('does not move running statistics in the backward pass', () => {
    const norm = createNormalizationLayer('batch_norm', { momentum: 0.5 });
    const { pullback } = vjp(() => checkpoint(() => norm.forward(x)));
    const moved = numbersOf(new Tensor(norm.stateDict()['moving_mean']!));
    expect(moved).not.to.deep.equal([0, 0, 0, 0]);
    pullback(x);
    expect(numbersOf(new Tensor(norm.stateDict()['moving_mean']!))).to.deep.equal(moved);
    norm.forward(x);
    expect(numbersOf(new Tensor(norm.stateDict()['moving_mean']!))).not.to.deep.equal(moved);
  });

  it('reads the statistics in the replay as the first run found them, on which the output depends in training', () => {
    const run = (wrap: (f: () => Tensor) => Tensor) => {
      const norm = createNormalizationLayer('batch_renorm', { momentum: 0.5 });
      // Each of two calls moves what the next one reads.
      const { value, pullback } = vjp(() =>
        add(
          wrap(() => norm.forward(x)),
          wrap(() => norm.forward(square(x))),
        ),
      );
      const pulled = pullback(square(value));
      const leaves = [x, ...norm.parameters()];
      return [value, ...leaves.map((leaf) => pulled.of(leaf)!)]
        .map(numbersOf)
        .concat(Object.values(norm.stateDict()).map(({ data }) => [...data]));
    };
    expect(run(checkpoint)).to.deep.equal(run(bare));
  });

  it('throws if f computes other values in the backward pass, and restores everything', () => {
    const dropout = new Dropout(0.5, { seed: 1 });
    const weight = new Parameter(tensor([2]));
    const { pullback } = vjp(() => checkpoint(() => mul(dropout.forward(x), weight)));
    dropout.eval();
    weight.value = tensor([7]).value;
    const { state } = dropout.random;
    expect(() => pullback(x)).to.throw(
      'checkpoint: expected the same values when the function runs again, received "other values". The function may depend only',
    );
    expect([weight.item(), dropout.random.state]).to.deep.equal([7, state]);
    dropout.train();
    expect(pullback(x).of(weight)!.item()).not.to.equal(0);
    let reads = 1;
    const changing = vjp(() =>
      checkpoint(() => {
        const y = mul(weight, 0);
        return reads++ > 1 ? add(y, mul(weight, 0)) : y;
      }),
    );
    expect(() => changing.pullback()).to.throw('checkpoint: expected the same values');
  });

  it('is transparent to the search for anomalies', () => {
    const f = () => mean(checkpoint(() => log(mul(x, 0))));
    expect(() => detectAnomaly(f)).to.throw(/^log: expected a finite value/);
    const sick = primitive('sick', (a) => ({ value: a, pullback: (g) => [map(g, () => NaN)] }));
    const step = () => valueAndGrad(() => mean(checkpoint(() => sick(x))), x);
    expect(() => detectAnomaly(step)).to.throw(/^gradient of input 0 of sick: expected a finite gradient/);
  });

  it('rejects anything but a function that returns a tensor', () => {
    expect(() => checkpoint(x as never)).to.throw('checkpoint: expected a function, received');
    expect(() => checkpoint(() => [x] as never)).to.throw(
      'checkpoint: expected a function that returns a tensor',
    );
    expect(recording(() => mul(x, 1)).entries).to.have.length(1);
  });
});
