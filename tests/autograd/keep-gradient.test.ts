import { expect } from 'chai';
import fc from 'fast-check';
import { flat, scale } from '../../src/array/index.js';
import {
  Dense,
  type Gradients,
  SGD,
  type Tensor,
  add,
  clipByGlobalNorm,
  globalNorm,
  keepGradient,
  kernelInfo,
  mean,
  memoryInfo,
  mul,
  noGrad,
  primitive,
  randomNormal,
  relu,
  scope,
  square,
  stopGradient,
  sum,
  tanh,
  tensor,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { accumulateGradients } from '../../src/train/index.js';

const bits = (gradient: Tensor | undefined): number[] => [...flat(gradient!.value)];

describe('keepGradient', () => {
  const first = new Dense(4, { seed: 1 });
  const second = new Dense(3, { seed: 2 });
  const x = randomNormal([2, 5], { seed: 3 });
  const rest = (h: Tensor): Tensor => mean(square(second.forward(tanh(h))));

  it('gives the same bits as the gradient of the tensor as a leaf', () => {
    let h: Tensor;
    const { gradients } = valueAndGrad(
      () => rest((h = keepGradient(relu(first.forward(x))))),
      [first, second],
    );
    const leaf = noGrad(() => relu(first.forward(x)));
    const expected = valueAndGrad(() => rest(leaf), leaf).gradients.of(leaf);
    expect(bits(gradients.of(h!))).to.deep.equal(bits(expected));
    expect(gradients.of(h!)!.shape).to.deep.equal([2, 4]);
  });

  it('accumulates all uses, also from random seeds in a vjp, and in every backward pass', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -2, max: 2, noNaN: true }), { minLength: 3, maxLength: 3 }),
        (seed) => {
          const a = tensor([1, 2, 3], { dtype: 'float64' });
          let h: Tensor;
          const { pullback } = vjp(() => {
            h = keepGradient(mul(a, 2));
            return add(mul(h, h), mul(h, 3));
          });
          for (let time = 0; time < 2; time++) {
            const gradients = pullback(tensor(seed, { dtype: 'float64' }));
            const expected = seed.map((g, i) => g * (2 * 2 * (i + 1) + 3));
            bits(gradients.of(h!)).forEach((g, i) => expect(g).to.be.closeTo(expected[i]!, 1e-12));
            bits(gradients.of(a)).forEach((g, i) => expect(g).to.be.closeTo(2 * expected[i]!, 1e-12));
          }
        },
      ),
    );
  });

  it('changes nothing for parameters, steps and clipping', () => {
    const run = (kept: boolean): Gradients =>
      valueAndGrad(() => {
        const h = first.forward(x);
        return rest(kept ? keepGradient(h) : h);
      }, [first, second]).gradients;
    const [kept, plain] = [run(true), run(false)];
    expect([...kept].map(([leaf]) => leaf)).to.deep.equal([...plain].map(([leaf]) => leaf));
    for (const [leaf, gradient] of plain) expect(bits(kept.of(leaf))).to.deep.equal(bits(gradient));
    expect(globalNorm(kept)).to.equal(globalNorm(plain));
    expect([...kept.intermediate.keys()]).to.have.length(1);
  });

  it('survives clipping and accumulation', () => {
    let h: Tensor;
    const loss = () => rest((h = keepGradient(first.forward(x))));
    const { gradients } = valueAndGrad(loss, first);
    expect(clipByGlobalNorm(gradients, 1e-3).of(h!)).to.equal(gradients.of(h!));
    const before = bits(gradients.of(h!));
    const accumulated = accumulateGradients([{ loss }], first);
    expect(bits(accumulated.gradients.of(h!))).to.deep.equal(before);
  });

  it('works for leaves, the result, unused tensors and tensors without parameters', () => {
    const w = tensor([2, 3]);
    const input = keepGradient(tensor([1, 1]));
    let [h, cut, loss]: Tensor[] = [];
    const { gradients } = valueAndGrad(() => {
      h = keepGradient(mul(input, 5));
      cut = keepGradient(mul(input, 7));
      return (loss = keepGradient(sum(mul(mul(h, w), add(stopGradient(cut), 1)))));
    }, w);
    expect(gradients.of(h!)!.toArray()).to.deep.equal([16, 24]);
    expect(gradients.of(input)!.toArray()).to.deep.equal([80, 120]);
    expect(gradients.of(cut!)!.toArray()).to.deep.equal([0, 0]);
    expect(gradients.of(loss!)!.item()).to.equal(1);
    expect(gradients.of(mul(input, 2))).to.equal(undefined);
  });

  it('is readable after later steps, and is freed once nothing references it', () => {
    const sgd = new SGD({ learningRate: 0.01 });
    const step = (): Tensor => {
      let h: Tensor;
      const { gradients } = valueAndGrad(() => rest((h = keepGradient(first.forward(x)))), [first, second]);
      sgd.step(gradients);
      return gradients.of(h!)!;
    };
    const gradient = step();
    const before = bits(gradient);
    for (let i = 0; i < 3; i++) scope(() => void step());
    const { bytes } = memoryInfo();
    for (let i = 0; i < 20; i++) scope(() => void step());
    expect(memoryInfo().bytes).to.equal(bytes);
    expect(bits(gradient)).to.deep.equal(before);
    const outside = scope(() => {
      let h: Tensor;
      const { gradients } = valueAndGrad(() => rest((h = keepGradient(first.forward(x)))), first);
      return { gradients, h: h! };
    });
    expect(bits(outside.gradients.of(outside.h))).to.have.length(8);
  });

  it('keeps no other gradient: those are freed during the backward pass', function () {
    if (kernelInfo().kernels === 'js') this.skip();
    const seen: number[] = [];
    const probe = primitive('probe', (a) => ({
      value: scale(a, 2),
      pullback: (g) => {
        seen.push(memoryInfo().bytes);
        return [scale(g, 2)];
      },
    }));
    const input = randomNormal([64, 64], { seed: 1 });
    const chain = (first: Tensor): Tensor => Array.from({ length: 8 }).reduce<Tensor>((y) => probe(y), first);
    valueAndGrad(() => sum(chain(keepGradient(probe(input)))), [input]);
    expect(seen).to.have.length(9);
    // The gradient of the sum is one number stretched; from there on each is as large as the values.
    for (let i = 2; i < 8; i++) expect(seen[i - 1]! - seen[i]!).to.be.at.least(4 * 64 * 64);
  });

  it('rejects anything but a tensor', () => {
    expect(() => keepGradient([1] as never)).to.throw('keepGradient: expected a tensor, received [1].');
  });
});
