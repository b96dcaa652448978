import { expect } from 'chai';
import type { NdArray } from '../../src/array/index.js';
import { watchFinite } from '../../src/autograd/anomaly.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { tensor } from '../../src/autograd/create.js';
import { recording, stopGradient } from '../../src/autograd/recording.js';
import { record } from '../../src/autograd/tape.js';
import { primitive } from '../../src/autograd/primitive.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { add, log, mul, sum } from '../../src/ops/catalog.js';
import { MARK, ours } from '../../src/copy.js';
import { failure } from '../support/failure.js';

const wide = (...numbers: number[]) => tensor(Float64Array.from(numbers));

describe('at the edges of the tape', () => {
  it('a cast casts its gradient back, and does nothing if the dtype is the same', () => {
    const x = tensor([1, 2]);
    expect(x.cast('float32')).to.equal(x);
    const gradient = vjp(() => x.cast('float64'))
      .pullback(wide(3, 5))
      .of(x)!;
    expect([gradient.toArray(), gradient.dtype]).to.deep.equal([[3, 5], 'float32']);
  });

  it('a cast tells exports its dtype', () => {
    const [entry] = recording(() => tensor([1, 2]).cast('float64')).entries;
    expect([entry!.op, entry!.attributes]).to.deep.equal(['cast', { dtype: 'float64' }]);
  });

  it('tensors, parameters and gradients carry the mark of this copy of the package', () => {
    const x = wide(1, 2);
    expect(x[MARK]).to.deep.equal(ours('a tensor'));
    expect(new Parameter(x)[MARK]).to.deep.equal(ours('a parameter'));
    expect(vjp(() => x).pullback()[MARK]).to.deep.equal(ours('gradients'));
  });

  it('an input of stopGradient counts as read, and receives no gradient', () => {
    const x = wide(1, 2);
    const gradients = vjp(() => stopGradient(x)).pullback(wide(3, 5));
    expect(gradients.of(x)?.toArray()).to.deep.equal([0, 0]);
    expect([...gradients]).to.have.length(1);
  });

  it('an op with two outputs is pulled back though only one is used', () => {
    const x = wide(1, 2);
    const two = () =>
      record('two', [x], () => ({
        values: [x.value, x.value],
        pullback: ([g, h]) => [add(tensor(g!), mul(tensor(h!), 10)).value],
      }));
    for (const [used, wanted] of [
      [0, [3, 5]],
      [1, [30, 50]],
    ] as const)
      expect(
        vjp(() => two()[used]!)
          .pullback(wide(3, 5))
          .of(x)!
          .toArray(),
      ).to.deep.equal(wanted);
  });

  it('operands are tensors of one dtype, or numbers', () => {
    expect(failure(() => add(wide(1), tensor([1])))).to.match(
      /^add: expected tensors of one dtype, received \["float64","float32"\]\. .*cast\('float64'\)/,
    );
    expect(failure(() => add(wide(1), '1' as never))).to.equal(
      'add: expected a tensor or a number, received "1".',
    );
    expect(add(wide(1), 2).dtype).to.equal('float64');
  });

  it('a parameter takes functions as regularizer and constraint, or none', () => {
    for (const name of ['regularizer', 'constraint'] as const) {
      expect(failure(() => new Parameter(wide(1), { [name]: 'l2' as never }))).to.match(
        new RegExp(`^Parameter.${name}: expected a function, received "l2"\\.`),
      );
      expect(new Parameter(wide(1), { [name]: undefined })[name]).to.equal(undefined);
      const rule = (() => wide(0)) as never;
      expect(new Parameter(wide(1), { [name]: rule })[name]).to.equal(rule);
    }
  });

  it('names eight bad rows, and which output of several is bad', () => {
    const rows = (n: number) => tensor(Array.from({ length: n }, () => [-1]));
    expect(() => watchFinite(() => log(rows(8)))).to.throw(
      'in rows 0, 1, 2, 3, 4, 5, 6, 7 of the shape [8,1]',
    );
    expect(() => watchFinite(() => log(rows(9)))).to.throw(
      'in rows 0, 1, 2, 3, 4, 5, 6, 7, … of the shape [9,1]',
    );
    const x = wide(1);
    const pair = () =>
      record('pair', [x], () => ({ values: [x.value, wide(NaN).value], pullback: () => [undefined] }));
    expect(() => watchFinite(pair)).to.throw(/^output 1 of pair: expected a finite value/);
    expect(() =>
      watchFinite(() =>
        record('one', [x], () => ({ values: [wide(NaN).value], pullback: () => [undefined] })),
      ),
    ).to.throw(/^one: expected a finite value/);
    expect(() =>
      watchFinite(
        () => log(rows(1)),
        () => 'here',
      ),
    ).to.throw(/^log in here: /);
  });
});

describe('gradients that are not wanted', () => {
  it('are not computed: entries that lead to no wanted leaf are skipped, and the other gradients stay the same', () => {
    const asked: string[] = [];
    const spy = (name: string) =>
      primitive(name, (a: NdArray, b: NdArray) => ({
        value: add(tensor(a), tensor(b)).value,
        pullback: (g, needed) => {
          asked.push(`${name} ${needed.map(Number).join('')}`);
          return needed.map((wanted) => (wanted ? g : undefined));
        },
      }));
    const [weight, data] = [new Parameter(wide(1, 2)), wide(3, 5)];
    const frozen = new Parameter(wide(7, 8), { trainable: false });
    const loss = () =>
      sum(mul(spy('last')(spy('first')(weight, data), spy('aside')(data, frozen)), wide(2, 3)));
    const { gradients } = valueAndGrad(loss);
    expect(asked).to.deep.equal(['last 10', 'first 10']);
    expect([...gradients].map(([leaf]) => leaf)).to.deep.equal([weight]);
    const all = vjp(loss).pullback();
    expect(gradients.of(weight)!.toArray()).to.deep.equal(all.of(weight)!.toArray());
    expect(all.of(frozen)!.toArray()).to.deep.equal([2, 3]);
    asked.length = 0;
    expect(valueAndGrad(loss, [data]).gradients.of(data)!.toArray()).to.deep.equal([4, 6]);
    expect(asked).to.have.members(['last 11', 'first 01', 'aside 10']);
  });
});
