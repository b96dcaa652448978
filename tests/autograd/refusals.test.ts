import { expect } from 'chai';
import { type NdArray, cast, full, scale } from '../../src/array/index.js';
import { watchFinite } from '../../src/autograd/anomaly.js';
import { Gradients } from '../../src/autograd/gradients.js';
import { Parameter } from '../../src/autograd/parameter.js';
import { lift, primitive } from '../../src/autograd/primitive.js';
import { tensor } from '../../src/autograd/create.js';
import { stopGradient } from '../../src/autograd/recording.js';
import type { Tensor } from '../../src/autograd/tape.js';
import { valueAndGrad, vjp } from '../../src/autograd/vjp.js';
import { log, mul, sum } from '../../src/ops/catalog.js';
import { failure } from '../support/failure.js';

const wide = (...numbers: number[]): Tensor => tensor(Float64Array.from(numbers));

describe('the tape rejects', () => {
  const x = wide(1, 2);

  it('a count of operands that the rule does not name', () => {
    const add3 = primitive('add3', (a: NdArray, b: NdArray, c: NdArray) => ({
      value: scale(a, b.shape.length + c.shape.length),
      pullback: (g) => [g, g, g],
    }));
    expect(failure(() => (add3 as (...operands: Tensor[]) => Tensor)(x, x))).to.equal(
      'add3: expected 3 operands, received 2.',
    );
    // An op of one takes the first, since map hands over a position and the whole list too.
    expect([wide(1), wide(Math.E)].map(log as (x: Tensor) => Tensor).map((y) => y.toArray())).to.deep.equal([
      [0],
      [1],
    ]);
    const first = primitive('first', (...inputs: NdArray[]) => ({
      value: inputs[0]!,
      pullback: (g) => inputs.map((_, i) => (i === 0 ? g : undefined)),
    }));
    expect(first(wide(7), x, x).toArray()).to.deep.equal([7]);
    expect(
      primitive('bounded', (a: NdArray) => ({ value: a, pullback: (g) => [g] }), { from: 1, to: 2 }).domain,
    ).to.deep.equal({
      from: 1,
      to: 2,
    });
  });

  it('a rule that returns no value, or no pullback', () => {
    for (const made of [{ value: x.value }, { value: 3, pullback: () => [] }, { pullback: () => [] }, {}])
      expect(failure(() => lift('half', [x], () => made as never))).to.match(
        /^half: expected a rule that returns \{ value, pullback \}, an NdArray and a function, received /,
      );
  });

  it('a pullback whose gradients do not fit the inputs', () => {
    const said = (pulled: (g: NdArray) => unknown) =>
      failure(() =>
        vjp(() => lift('bent', [x, wide(3)], (a) => ({ value: a, pullback: pulled as never }))).pullback(x),
      );
    const list =
      'bent: pullback: expected a list with a gradient, or undefined, for each of the 2 inputs, received';
    expect(said((g) => [g])).to.equal(`${list} "1 of them".`);
    expect(said((g) => [g, undefined, undefined])).to.equal(`${list} "3 of them".`);
    expect(said(() => undefined)).to.equal(`${list} undefined.`);
    expect(said(() => ({ length: 2 }))).to.equal(`${list} {"length":2}.`);
    const fits =
      'bent: gradient of input 0: expected the shape and dtype of the input, [2] of float64, received';
    const hint = 'If the input was broadcast, end the pullback with sumTo.';
    expect(said((g) => [cast(g, 'float32'), undefined])).to.equal(`${fits} "[2] of float32". ${hint}`);
    expect(said(() => [full([2, 1], 0, 'float64'), undefined])).to.equal(
      `${fits} "[2,1] of float64". ${hint}`,
    );
    expect(said(() => [3, undefined])).to.equal(`${fits} 3. ${hint}`);
  });

  it('seeds that do not fit the outputs', () => {
    const said = (f: () => Tensor | readonly Tensor[], ...seed: unknown[]) =>
      failure(() => vjp(f as () => Tensor).pullback(...(seed as [Tensor])));
    const one = 'pullback: seed of output 0: expected a tensor of shape [2] and float64, received';
    expect(said(() => mul(x, 2), tensor([1, 2]))).to.equal(`${one} "[2] of float32".`);
    expect(said(() => mul(x, 2), wide(1))).to.equal(`${one} "[1] of float64".`);
    expect(said(() => mul(x, 2), 1)).to.equal(`${one} 1.`);
    expect(said(() => mul(x, 2), [x, x])).to.equal(`${one} "2 seeds".`);
    const two = () => [mul(x, 2), mul(x, 3)];
    expect(said(two, [x])).to.equal(`${one} "1 seeds".`);
    expect(said(two)).to.equal(`${one} undefined.`);
    expect(said(two, [x, 5])).to.equal(
      'pullback: seed of output 1: expected a tensor of shape [2] and float64, received 5.',
    );
  });

  it('a value that is neither a function nor a tensor', () => {
    for (const [where, f] of [
      ['vjp', vjp],
      ['valueAndGrad', valueAndGrad],
    ] as const)
      expect(failure(() => f(x as never))).to.match(
        new RegExp(`^${where}: expected a function, received .* as in ${where}\\(\\(\\) => …\\)\\.$`),
      );
    expect(failure(() => stopGradient(3 as never))).to.equal('stopGradient: expected a tensor, received 3.');
  });

  it('a list of outputs of which one is no tensor', () => {
    for (const outputs of [[x, 3], [undefined, x], [[x]]])
      expect(failure(() => vjp(() => outputs as never))).to.match(
        /^vjp: expected a function that returns a tensor, or a list of them, received /,
      );
    const said = (outputs: unknown) => failure(() => vjp(() => outputs as never));
    const expected = 'vjp: expected a function that returns a tensor, or a list of them, received';
    expect(said([3, 4])).to.equal(`${expected} [3,4].`);
    expect(said([x, Promise.resolve(x)])).to.equal(`${expected} a promise. Await it first.`);
  });

  it('leaves that hold no tensors', () => {
    const weight = new Parameter(wide(1, 2));
    const by = (wrt: unknown) => failure(() => valueAndGrad(() => sum(mul(weight, weight)), wrt as never));
    for (const wrt of [3, 'w', true, {}, () => weight])
      expect(by(wrt)).to.match(
        /^valueAndGrad: wrt: expected tensors, or objects with a method parameters\(\), received /,
      );
    expect(by([weight, null])).to.match(/^valueAndGrad: wrt: .*received null/);
    expect(by(new Set([weight]))).to.equal('no error');
    expect(by([[weight], { parameters: () => [weight] }])).to.equal('no error');
  });

  it('leaves in lists or modules that are nested more than 64 deep, or contain themselves', () => {
    const weight = new Parameter(wide(1, 2));
    const by = (wrt: unknown) => failure(() => valueAndGrad(() => sum(mul(weight, weight)), wrt as never));
    const refused =
      /^valueAndGrad: wrt: expected tensors, or objects with a method parameters\(\), received /;
    const wraps: readonly ((inner: unknown) => unknown)[] = [
      (inner) => [inner],
      (inner) => ({ parameters: () => [inner] }),
    ];
    for (const wrap of wraps) {
      const nested = (depth: number): unknown =>
        Array.from({ length: depth }).reduce<unknown>((inner) => wrap(inner), weight);
      expect(by(nested(64))).to.equal('no error');
      expect(by(nested(65))).to.match(refused);
    }
    const loop: unknown[] = [];
    loop.push(loop);
    const own: { parameters(): unknown[] } = { parameters: () => [own] };
    for (const wrt of [loop, own]) expect(by(wrt)).to.match(refused);
  });

  it('a rule of several values in the place of one', () => {
    const two = () => ({ values: [x.value, x.value], pullback: () => [undefined] });
    expect(failure(() => lift('two', [x], two as never))).to.equal(
      'two: expected a rule of one value, received "2 values".',
    );
  });

  it('gradients that are no maps', () => {
    const said = (received: string) =>
      `Gradients: expected a map of tensors, received ${received}. valueAndGrad and vjp make them.`;
    expect(failure(() => new Gradients([] as never))).to.equal(said('[]'));
    expect(failure(() => new Gradients(new Map(), 3 as never))).to.equal(said('3'));
  });

  it('numbers that are not finite, while it watches', () => {
    expect(failure(() => watchFinite(() => log(wide(-1, 1))))).to.equal(
      'log: expected a finite value, received "1 of 2 not finite, in row 0 of the shape [2]". ' +
        'Its inputs, of the shape [2], were finite.',
    );
  });
});
