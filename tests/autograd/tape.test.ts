import { expect } from 'chai';
import { full } from '../../src/array/index.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { noGrad, stopGradient } from '../../src/autograd/recording.js';
import { record } from '../../src/autograd/tape.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { add, mul, sum } from '../../src/ops/catalog.js';

const x = () => tensor([2, 3], { dtype: 'float64' });

describe('the tape', () => {
  it('accumulates the gradients of a tensor read twice', () => {
    const a = x();
    expect(
      vjp(() => add(mul(a, a), a))
        .pullback()
        .of(a)!
        .toArray(),
    ).to.deep.equal([5, 7]);
  });

  it('gives the same gradients when pulled back again', () => {
    const a = x();
    const { pullback } = vjp(() => mul(a, a));
    expect(pullback().of(a)!.toArray()).to.deep.equal(pullback().of(a)!.toArray());
  });

  it('tells a tensor without influence from one that was not read', () => {
    const [a, b, c] = [x(), x(), x()];
    const gradients = vjp(() => (mul(b, b), mul(a, stopGradient(a)))).pullback();
    expect(gradients.of(a)!.toArray()).to.deep.equal([2, 3]);
    expect(gradients.of(b)!.toArray()).to.deep.equal([0, 0]);
    expect(gradients.of(c)).to.equal(undefined);
    expect([...gradients].map(([leaf]) => leaf)).to.have.members([a, b]);
  });

  it('pulls back from several outputs through one pullback', () => {
    const a = x();
    const { pullback } = vjp(() => {
      const squared = mul(a, a).value;
      return record('both', [a], (value) => ({
        values: [squared, value!],
        pullback: ([g, h]) => [add(mul(mul(a, 2), tensor(g!)), tensor(h!)).value],
      }));
    });
    const one = tensor([1, 1], { dtype: 'float64' });
    expect(pullback([one, one]).of(a)!.toArray()).to.deep.equal([5, 7]);
    expect(() => pullback(...([] as unknown as [[typeof one, typeof one]]))).to.throw(
      'pullback: seed of output 0',
    );
  });

  it('records on every open tape, and on none under noGrad', () => {
    const a = x();
    const outer = vjp(() => {
      const inner = vjp(() => mul(a, a));
      return mul(
        inner.value,
        noGrad(() => mul(a, a)),
      );
    });
    expect(outer.pullback().of(a)!.toArray()).to.deep.equal([16, 54]);
  });

  it('names the op whose gradient has the wrong shape', () => {
    const a = tensor([[1, 2]]);
    const { pullback } = vjp(
      () =>
        record('bad', [a], () => ({
          values: [full([2], 0, 'float32')],
          pullback: () => [full([3], 0, 'float32')],
        }))[0]!,
    );
    expect(() => pullback()).to.throw(
      'bad: gradient of input 0: expected the shape and dtype of the input, [1,2] of float32, received "[3] of float32". If the input was broadcast, end the pullback with sumTo.',
    );
  });

  it('rejects a promise, and a result that is not one number', () => {
    expect(() => vjp((async () => x()) as never)).to.throw('received "a promise"');
    expect(() => valueAndGrad(x)).to.throw('valueAndGrad: expected a tensor of size 1, received [2].');
  });

  it('returns the wanted gradients: of trainable parameters, or of a module that has them', () => {
    const [free, frozen, plain] = [new Parameter(x()), new Parameter(x(), { trainable: false }), x()];
    const f = () => sum(mul(mul(free, frozen), plain));
    const leaves = (wrt?: Parameters<typeof valueAndGrad>[1]) =>
      [...valueAndGrad(f, wrt).gradients].map(([leaf]) => leaf);
    expect(leaves()).to.deep.equal([free]);
    expect(leaves(plain)).to.deep.equal([plain]);
    expect(leaves({ parameters: () => [frozen] })).to.deep.equal([frozen]);
  });

  it('casts, and casts the gradient back', () => {
    const a = tensor([1, 2]);
    const { value, pullback } = vjp(() => a.cast('float64'));
    expect([value.dtype, pullback().of(a)!.dtype]).to.deep.equal(['float64', 'float32']);
  });
});
