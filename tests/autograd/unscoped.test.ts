import { expect } from 'chai';
import {
  type Tensor,
  add,
  createNormalizationLayer,
  kernelInfo,
  memoryInfo,
  mul,
  randomNormal,
  scope,
  sum,
  tanh,
  valueAndGrad,
  vjp,
} from '../../src/index.js';
import { flat } from '../../src/array/index.js';
import { arrayOf } from '../../src/autograd/tape.js';

/** The bytes of results outside of every scope that stay in the arena. */
const RESULTS = 2 ** 25;
const CALLS = 2000;

describe('a loop outside of every scope, in one task', () => {
  const shape = [128, 256];
  const one = 4 * 128 * 256;
  const x = randomNormal(shape, { seed: 1 });
  const g = randomNormal(shape, { seed: 2 });
  const layer = createNormalizationLayer('layer_norm');
  const loops: Readonly<Record<string, () => void>> = {
    'forward passes': () => void layer.forward(x),
    'vjp and its pullback': () => void vjp(() => layer.forward(x)).pullback(g),
    valueAndGrad: () => void valueAndGrad(() => sum(mul(layer.forward(x), g)), [x, ...layer.parameters()]),
    'ops one after the other': () => void tanh(mul(add(x, g), x)),
  };
  for (const [name, call] of Object.entries(loops)) {
    it(`takes bounded memory: ${CALLS} times ${name}`, function () {
      this.timeout(60_000);
      call();
      const before = memoryInfo();
      const held = process.memoryUsage().arrayBuffers;
      for (let i = 0; i < CALLS; i++) call();
      const { bytes, retired, reserved } = memoryInfo();
      expect(bytes - before.bytes).to.be.at.most(RESULTS);
      expect(retired).to.be.at.most(16 * one);
      expect(reserved).to.equal(before.reserved);
      // All results together take at least four times as much.
      expect(process.memoryUsage().arrayBuffers - held).to.be.at.most((CALLS / 4) * one);
    });
  }

  it('keeps every result that the program holds, with its numbers, wherever it lies', () => {
    const held: { readonly tensor: Tensor; readonly factor: number }[] = [];
    for (let factor = 0; factor < 400; factor++) {
      const tensor = mul(x, factor);
      if (factor % 7 === 0 || factor > 390) held.push({ tensor, factor });
    }
    const numbers = flat(arrayOf(x));
    for (const { tensor, factor } of held) {
      const wanted = numbers.map((value) => value * factor);
      expect(flat(arrayOf(tensor)), `times ${factor}`).to.deep.equal(wanted);
    }
  });

  it('pulls back the same gradients from tapes in and outside of the arena, however many are held', () => {
    const tapes = Array.from({ length: 200 }, () => vjp(() => tanh(layer.forward(x))));
    const wanted = flat(arrayOf(tapes[0]!.pullback(g).of(x)!));
    for (const { pullback } of [tapes[80]!, tapes[199]!, tapes[0]!])
      expect(flat(arrayOf(pullback(g).of(x)!))).to.deep.equal(wanted);
  });

  it('moves no array after it was handed out: numbers in place stay in place', () => {
    const y = mul(x, 2);
    const numbers = flat(arrayOf(y));
    const before = numbers.slice();
    for (let i = 0; i < 600; i++) mul(x, i);
    expect(flat(arrayOf(y))).to.equal(numbers);
    expect(numbers).to.deep.equal(before);
  });

  it('does not drive out inputs and weights, which kernels read in place', function () {
    if (kernelInfo().kernels === 'js') this.skip();
    for (let i = 0; i < 400; i++) mul(x, i);
    const before = memoryInfo().bytes;
    const input = randomNormal(shape, { seed: 3 });
    const fresh = createNormalizationLayer('layer_norm');
    scope(() => fresh.forward(input));
    expect(memoryInfo().bytes - before).to.be.at.least(one + 2 * 4 * 256);
  });
});
