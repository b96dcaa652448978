import { expect } from 'chai';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { inCopy } from './copy.js';

const KERNELS = 'src/kernels';

const LOOP = `import type { Kernels } from '../kernels.js';

export const reciprocal: Kernels['reciprocal'] = (x, out) => {
  for (let i = 0; i < out.length; i++) out[i] = 1 / x[i]!;
};
`;

const ASSEMBLY = `export function reciprocal32(x: usize, out: usize, n: i32): void {
  const bytes = <usize>n << 2, whole = bytes & ~15, one = f32x4.splat(1);
  let j: usize = 0;
  for (; j < whole; j += 16) v128.store(out + j, f32x4.div(one, v128.load(x + j)));
  for (; j < bytes; j += 4) store<f32>(out + j, 1 / load<f32>(x + j));
}
`;

const CALL = `import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled, isShort } from './call.js';

/** Declines for float64, or for fewer than 256 elements that must be copied. */
export const reciprocal: Kernels['reciprocal'] = (x, out) => {
  const ran =
    x instanceof Float32Array &&
    !isShort(x) &&
    compiled((exports, memory) => exports.reciprocal32(memory.read(x), memory.write(out), out.length));
  if (!ran) js.reciprocal(x, out);
};
`;

const TEST = `import { expect } from 'chai';
import { kernelInfo, reciprocal, setKernels } from '../../src/kernels/index.js';
import { ranCompiled, withoutRoom } from './fallbacks.js';

describe('reciprocal', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  for (const set of kernelInfo().available) {
    for (const Store of [Float32Array, Float64Array]) {
      for (const n of [0, 1, 5, 256, 1031]) {
        it(\`divides 1 by \${n} elements of a \${Store.name} with the \${set} kernels\`, () => {
          setKernels(set);
          const x = Store.from(Array.from({ length: n }, (_, i) => i - 3));
          const expected = x.map((value) => 1 / value);
          const [out, full] = [new Store(n), new Store(n)];
          const run = () => reciprocal(x, out);
          if (set === 'js') run();
          else {
            expect(ranCompiled(run)).to.equal(Store === Float32Array && n >= 256);
            withoutRoom(() => reciprocal(x, full));
            expect(full).to.deep.equal(expected);
          }
          expect(out).to.deep.equal(expected);
        });
      }
    }
  }
});
`;

describe('the recipe for a kernel', () => {
  const copy = inCopy((tree) => {
    const line = '  /** 1 / x. */\n  reciprocal(x: Numbers, out: Numbers): void;\n';
    tree.insert(`${KERNELS}/kernels.ts`, '  /** x². */\n', line);
    tree.write(`${KERNELS}/js/reciprocal.ts`, LOOP);
    tree.append(`${KERNELS}/js/general.ts`, "export { reciprocal } from './reciprocal.js';");
    tree.write(`${KERNELS}/wasm/assembly/reciprocal.ts`, ASSEMBLY);
    tree.append(`${KERNELS}/wasm/assembly/index.ts`, "export { reciprocal32 } from './reciprocal';");
    tree.write(`${KERNELS}/wasm/reciprocal.ts`, CALL);
    tree.append(`${KERNELS}/wasm/index.ts`, "export { reciprocal } from './reciprocal.js';");
    tree.write('tests/kernels/reciprocal.test.ts', TEST);
  });

  it('takes a loop, its assembly, a call of that, a test, and one line a list', () => {
    expect(copy().edits()).to.deep.equal({
      [`${KERNELS}/kernels.ts`]: 1,
      [`${KERNELS}/js/reciprocal.ts`]: 1,
      [`${KERNELS}/js/general.ts`]: 1,
      [`${KERNELS}/wasm/assembly/reciprocal.ts`]: 1,
      [`${KERNELS}/wasm/assembly/index.ts`]: 1,
      [`${KERNELS}/wasm/reciprocal.ts`]: 1,
      [`${KERNELS}/wasm/index.ts`]: 1,
      'tests/kernels/reciprocal.test.ts': 1,
    });
  });

  it('suffices: the build compiles the kernel, and it computes what a plain loop does in every table', function () {
    this.timeout(180_000);
    cpSync('scripts', join(copy().root, 'scripts'), { recursive: true });
    copy().node('scripts/build-kernels.mjs');
    expect(copy().read(`${KERNELS}/wasm/exports.ts`)).to.include(
      'reciprocal32(x: number, out: number, n: number): void;',
    );
    copy().types('tests/kernels/reciprocal.test.ts', 'tests/kernels/tables.test.ts');
    const passed = copy().mocha(['tests/kernels/reciprocal.test.ts'], /reciprocal/);
    expect(passed).to.be.at.least(10);
    expect(copy().mocha(['tests/kernels/tables.test.ts'], /table/)).to.be.at.least(2);
  });

  it('has the kernel in the table of the architecture', function () {
    this.timeout(60_000);
    copy().docs();
    expect(copy().read('docs/architecture.md')).to.include(
      '| `reciprocal` | 1 / x |  | yes | for float64, or for fewer than 256 elements that must be copied |',
    );
  });
});
