import { expect } from 'chai';
import fc from 'fast-check';
import { distance } from '../../src/array/index.js';
import { assertGradients } from '../../src/autograd/gradcheck/gradcheck.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad } from '../../src/autograd/vjp.js';
import {
  Dense,
  Dropout,
  Module,
  MultiHeadAttention,
  Residual,
  type ResidualOptions,
  type StatedNormalization,
  add,
  createNormalizationLayer,
  foldNormalization,
  mul,
  randomNormal,
  slice,
  sum,
  tanh,
} from '../../src/index.js';
import { reportText, verifyModule } from '../../src/verify/index.js';
import { failure } from '../support/failure.js';
import { runs } from '../support/runs.js';

const wide = { dtype: 'float64' } as const;
const normal = (shape: readonly number[], seed: number): Tensor => randomNormal(shape, { seed, ...wide });
const gap = (a: Tensor, b: Tensor): number => distance(a.value, b.value);
const part = () => new Dense(4, { seed: 1 });

/** A residual layer whose weights are not at their start. */
function made(options: ResidualOptions): Residual {
  const layer = new Residual(part(), options);
  layer.forward(normal([2, 4], 1));
  layer.parameters().forEach((weight, i) => (weight.value = normal(weight.shape, 30 + i).value));
  return layer;
}

describe('a residual layer', () => {
  it('has norms before the part, of its output and after the sum, each with its own weights', () => {
    const x = normal([3, 4], 2);
    const f = (layer: Residual, a: Tensor) => (layer.part as Dense).forward(a);

    const plain = made({});
    expect(gap(plain.forward(x), add(x, f(plain, x)))).to.equal(0);
    const pre = made({ before: 'layer_norm' });
    expect(gap(pre.forward(x), add(x, f(pre, pre.before!.forward(x))))).to.equal(0);
    const output = made({ output: 'rms_norm' });
    expect(gap(output.forward(x), add(x, output.output!.forward(f(output, x))))).to.equal(0);
    const post = made({ after: { type: 'layer_norm', epsilon: 0.1 } });
    expect(gap(post.forward(x), post.after!.forward(add(x, f(post, x))))).to.equal(0);

    const all = made({ before: 'rms_norm', scale: 0.5, output: 'layer_norm', skip: 3, after: 'layer_norm' });
    const read = mul(all.before!.forward(x), 0.5);
    const summed = add(mul(x, 3), all.output!.forward(f(all, read)));
    expect(gap(all.forward(x), all.after!.forward(summed))).to.equal(0);
    expect([...all.namedParameters().keys()]).to.deep.equal([
      'before.scale',
      'part.kernel',
      'part.bias',
      'output.gamma',
      'output.beta',
      'after.gamma',
      'after.beta',
    ]);
  });

  it('adds what the part reads, if it skips no further', () => {
    const x = normal([3, 4], 2);
    const layer = made({ before: 'rms_norm', scale: 0.25, skip: 'read' });
    const read = mul(layer.before!.forward(x), 0.25);
    expect(gap(layer.forward(x), add(read, (layer.part as Dense).forward(read)))).to.equal(0);
    expect(gap(made({ skip: 'read' }).forward(x), made({}).forward(x))).to.equal(0);
  });

  it('takes a function, or a module that takes further arguments', () => {
    const x = normal([2, 3, 4], 3);
    const scaled = new Residual((a: Tensor, factor: number) => mul(a, factor), { before: 'rms_norm' });
    const norm = createNormalizationLayer('rms_norm');
    expect(gap(scaled.forward(x, 3), add(x, mul(norm.forward(x), 3)))).to.equal(0);
    const attention = new MultiHeadAttention({ heads: 2, headSize: 2, seed: 1 });
    const layer = new Residual(attention, { before: 'layer_norm' });
    const head = slice(
      layer.forward(x, {
        paddingMask: [
          [1, 0, 0],
          [1, 0, 0],
        ],
      }),
      [[], [0, 1]],
    );
    expect(gap(head, layer.forward(slice(x, [[], [0, 1]])))).to.be.below(1e-14);
    expect(gap(head, slice(layer.forward(x), [[], [0, 1]]))).to.be.above(1e-3);
  });

  it('tells which layers a norm can be folded into', () => {
    const x = normal([3, 4], 4);
    const folded = (options: ResidualOptions) => {
      const layer = made(options).eval();
      const y = layer.forward(x);
      const into = foldNormalization(layer).map(({ norm }) => norm);
      expect(gap(layer.forward(x), y)).to.be.below(1e-12);
      return into;
    };
    expect(folded({ before: 'batch_norm', output: 'layer_scale', skip: 2 })).to.deep.equal([
      'before',
      'output',
    ]);
    for (const options of [{ scale: 0.5 }, { skip: 'read' }] as const)
      expect(failure(() => folded({ before: 'batch_norm', ...options }))).to.include(
        'foldNormalization: before: expected a layer with a kernel directly before or after the norm',
      );
    expect(failure(() => folded({ after: 'batch_norm' }))).to.include('foldNormalization: after: expected');
  });

  it('passes verifyModule', () => {
    for (const options of [
      { before: 'layer_norm' },
      { skip: 2, after: 'layer_norm', scale: 0.5 },
      { before: 'rms_norm', skip: 'read', output: 'layer_scale' },
    ] as const) {
      const report = verifyModule(new Residual(part(), options), { input: [3, 4], runs: 2 });
      expect(report.ok, reportText(report)).to.equal(true);
    }
  });

  it('has the gradients of its formula', () => {
    const layer = made({
      before: 'rms_norm',
      scale: 0.7,
      output: 'layer_norm',
      skip: 1.5,
      after: 'layer_norm',
    });
    const [x, weight] = [normal([3, 4], 4), normal([3, 4], 5)];
    assertGradients((a: Tensor) => mul(layer.forward(a), weight), [x, ...layer.parameters()]);
  });

  it('drops elements of what is added, after the norm of the output, and not of x', () => {
    const x = normal([8, 4], 6);
    const layer = new Residual(part(), { output: 'rms_norm', dropout: 0.5, seed: 7 });
    const added = layer.output!.forward((layer.part as Dense).forward(x));
    const mask = new Dropout(0.5, { seed: 7 });
    expect(gap(layer.forward(x), add(x, mask.forward(added)))).to.equal(0);
    layer.eval();
    expect(gap(layer.forward(x), add(x, added))).to.equal(0);
    expect([...layer.generators().keys()]).to.deep.equal(['dropout.random']);
  });

  it('rejects parts and options that do not fit', () => {
    const x = normal([2, 4], 1);
    expect(failure(() => new Residual('relu' as never))).to.equal(
      'Residual.part: expected a module or a function, received "relu". As in new Residual(new Dense(8), { before: \'rms_norm\' }).',
    );
    expect(failure(() => new Residual(part(), { placement: 'pre' } as never))).to.equal(
      'Residual: expected one of the options before, scale, output, skip, after, dropout, seed, received "placement".',
    );
    expect(failure(() => new Residual(part(), { skip: 'none' } as never))).to.equal(
      'Residual.skip: expected a finite number, or read, received "none".',
    );
    expect(failure(() => new Residual(part(), { before: 'rmsnorm' } as never))).to.include(
      'Did you mean rms_norm?',
    );
    for (const [changed, received] of [
      [new Dense(1, { seed: 1 }), '[2,1]'],
      [(a: Tensor) => sum(a), '[]'],
    ] as const) {
      expect(failure(() => new Residual(changed).forward(x))).to.equal(
        `Residual: part: expected an output in the shape of its input, [2,4], received ${received}.`,
      );
    }
    expect(failure(() => new Residual(() => 3 as never).forward(x))).to.include(
      'Residual: part: expected a tensor',
    );
    expect(failure(() => new Residual(part()).forward([1, 2] as never))).to.include(
      'Residual: expected a tensor',
    );
  });
});

const norms = fc.constantFrom('layer_norm' as const, 'rms_norm' as const, 'zero_centered_rms_norm' as const);
const rows = fc.nat().map((seed) => normal([3, 4], seed));

class Nothing extends Module {
  override forward(x: Tensor): Tensor {
    return mul(x, 0);
  }
}

describe('the laws of residual layers', () => {
  it('with a part of 0, N(α x) is N with ε / α², in value and gradient', () => {
    fc.assert(
      fc.property(
        norms,
        rows,
        rows,
        fc.double({ min: 0.1, max: 8, noNaN: true }),
        fc.constantFrom(1e-6, 0.1, 3),
        (type, x, weight, alpha, epsilon) => {
          const sides = [
            new Residual(new Nothing(), { skip: alpha, after: { type, epsilon } as StatedNormalization }),
            createNormalizationLayer(type, { epsilon: epsilon / alpha ** 2 }),
          ].map((layer) => valueAndGrad(() => sum(mul(layer.forward(x), weight)), x));
          const [scaled, exact] = sides as [(typeof sides)[0], (typeof sides)[0]];
          expect(scaled.value.item()).to.be.closeTo(exact.value.item(), 1e-12);
          const size = Math.sqrt(sum(mul(exact.gradients.of(x)!, exact.gradients.of(x)!)).item());
          expect(gap(scaled.gradients.of(x)!, exact.gradients.of(x)!)).to.be.below(1e-11 * (1 + size));
        },
      ),
      { numRuns: runs(1) },
    );
  });

  it('a norm of the output bounds what any part adds, to the root mean square of its gain', () => {
    fc.assert(
      fc.property(norms, rows, rows, fc.constantFrom(1e-9, 1, 1e9), (type, x, added, size) => {
        const layer = new Residual((a) => mul(add(tanh(a), added), size), { skip: 0, output: type });
        const branch = layer.forward(x).value;
        for (let row = 0; row < 3; row++) {
          const squares = [0, 1, 2, 3].map((i) => branch.get(row, i) ** 2);
          expect(Math.sqrt(squares.reduce((a, b) => a + b) / 4)).to.be.at.most(1 + 1e-14);
        }
      }),
      { numRuns: runs(1) },
    );
  });

  it('a factor of what the part reads is that of the gain before it, also on the way back', () => {
    fc.assert(
      fc.property(norms, rows, fc.constantFrom(0.25, 0.5, 2), (type, x, scale) => {
        const [scaled, plain] = [
          new Residual((a) => tanh(a), { before: type, scale }),
          new Residual((a) => tanh(a), { before: type }),
        ];
        for (const layer of [scaled, plain]) layer.forward(x);
        const gains = [scaled, plain].map(({ before }) => before!.parameters()[0]!);
        gains[0]!.value = normal([4], 8).value;
        gains[1]!.value = mul(gains[0]!, scale).value;
        const [one, other] = [scaled, plain].map((layer, i) => {
          const { value, gradients } = valueAndGrad(() => sum(layer.forward(x)), [x, gains[i]!]);
          return { value: value.item(), x: gradients.of(x)!, gain: gradients.of(gains[i]!)! };
        });
        expect(one!.value).to.equal(other!.value);
        expect(gap(one!.x, other!.x)).to.equal(0);
        expect(gap(one!.gain, mul(other!.gain, scale))).to.equal(0);
      }),
      { numRuns: runs(0.3) },
    );
  });
});
