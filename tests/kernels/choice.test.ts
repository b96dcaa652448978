import { expect } from 'chai';
import { kernelInfo, setKernels } from '../../src/kernels/index.js';
import { matmul as plain } from '../../src/kernels/js/matmul.js';
import { Arena } from '../../src/kernels/wasm/arena.js';
import { compile } from '../../src/kernels/wasm/engine.js';
import { attempt } from '../../src/kernels/wasm/call.js';
import { matmul as compiled } from '../../src/kernels/wasm/matmul.js';
import { builds } from '../support/builds.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';

const row = (data: Float32Array | Float64Array, columns: number) => ({
  data,
  at: 0,
  row: columns,
  column: 1,
});

describe('the choice of kernels', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  it('takes the fastest set that runs here, and any other by name', () => {
    setKernels('auto');
    const { kernels, available } = kernelInfo();
    expect(kernels).to.equal(available[0]);
    expect(available.at(-1)).to.equal('js');
    for (const set of available) {
      setKernels(set);
      expect(kernelInfo().kernels).to.equal(set);
    }
  });

  it('rejects a set that does not run here, and changes nothing', () => {
    setKernels('js');
    expect(() => setKernels('cuda' as never)).to.throw(
      /^setKernels: expected auto or one of .*js, which run here, received "cuda"\.$/,
    );
    expect(kernelInfo().kernels).to.equal('js');
  });

  it('gives the reason if the program brings no compiled kernels, or only the plain ones', () => {
    expect(compile('plain', {})).to.equal('the program does not import normtape/wasm');
    expect(compile('relaxed', { plain: builds.plain })).to.equal(
      'the program does not import normtape/wasm-relaxed',
    );
  });

  it('gives the reason if WebAssembly is missing or forbidden', () => {
    const scope = globalThis as { WebAssembly?: unknown };
    const { WebAssembly: kept } = scope;
    try {
      scope.WebAssembly = undefined;
      expect(compile('plain', builds)).to.equal('this host has no WebAssembly');
      const forbid = function (): never {
        throw new Error('blocked by the policy of the page');
      };
      scope.WebAssembly = { ...(kept as object), Memory: forbid, Module: forbid, Instance: forbid };
      expect(compile('plain', builds)).to.equal(
        'the Content-Security-Policy of the page forbids WebAssembly (blocked by the policy of the page)',
      );
    } finally {
      scope.WebAssembly = kept;
    }
  });

  it('decodes the binaries without Buffer', () => {
    const scope = globalThis as { Buffer?: unknown };
    const { Buffer: kept } = scope;
    const here = typeof compile('plain', builds);
    try {
      scope.Buffer = undefined;
      expect(typeof compile('plain', builds)).to.equal(here);
    } finally {
      scope.Buffer = kept;
    }
  });

  it('declines a call without room for copies, and frees all copies', function () {
    const engine = compile('plain', builds);
    if (typeof engine === 'string') return this.skip();
    const arena = new Arena(engine.arena.buffer, engine.arena.buffer.byteLength - 3 * 4096);
    const big = new Float32Array(64 * 64).fill(1);
    const out = new Float32Array(64 * 64);
    const square = () =>
      attempt({ ...engine, arena }, (exports, memory) =>
        exports.square32(memory.read(big), memory.write(out), out.length),
      );
    expect(square()).to.be.within(2 ** 14, 2 ** 15);
    expect(out).to.deep.equal(new Float32Array(64 * 64));
    expect(arena.used).to.deep.equal({ bytes: 0, blocks: 0 });
  });

  it('runs the kernel in JavaScript if there is no room at all', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const a = Float64Array.from({ length: 32 * 32 }, (_, i) => Math.sin(i));
    const [own, expected] = [new Float64Array(32 * 32), new Float64Array(32 * 32)];
    withoutRoom(() => compiled(32, 32, 32, row(a, 32), row(a, 32), own, 0));
    plain(32, 32, 32, row(a, 32), row(a, 32), expected, 0);
    expect(own).to.deep.equal(expected);
  });

  it('multiplies float64 matrices to the same bits compiled, and float32 matrices within rounding', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const [m, k, n] = [37, 300, 29];
    for (const Store of [Float32Array, Float64Array]) {
      const a = new Store(m * k).map((_, i) => Math.sin(i));
      const b = new Store(k * n).map((_, i) => Math.cos(3 * i));
      const [one, two] = [new Store(m * n), new Store(m * n)];
      plain(m, k, n, row(a, k), row(b, n), one, 0);
      expect(ranCompiled(() => compiled(m, k, n, row(a, k), row(b, n), two, 0))).to.equal(true);
      const bound = Store === Float32Array ? k * 2 ** -24 * Math.sqrt(k) : 0;
      one.forEach((value, i) => expect(Math.abs(value - two[i]!)).to.be.at.most(bound));
    }
  });

  it('multiplies matrices outside of the memory of the kernels, and writes only the product', function () {
    if (!kernelInfo().available.includes('wasm')) return this.skip();
    setKernels('wasm');
    const size = 600;
    const [a, b] = [new Float64Array(size * size).fill(1), new Float64Array(size * size).fill(2)];
    const out = new Float64Array(size * size + 5).fill(-1);
    expect(ranCompiled(() => compiled(size, size, size, row(a, size), row(b, size), out, 3))).to.equal(true);
    expect([...out.subarray(0, 3), ...out.subarray(-2)]).to.deep.equal([-1, -1, -1, -1, -1]);
    expect(out.subarray(3, -2).every((x) => x === 2 * size)).to.equal(true);
    expect(a.every((x) => x === 1) && b.every((x) => x === 2)).to.equal(true);
  });
});
