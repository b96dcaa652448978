import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { whereBuilt } from './built.js';

/** What a program prints that imports the package by name, in a host that compiles no strings. */
function printed(program: string, ...flags: readonly string[]) {
  const args = ['--disallow-code-generation-from-strings', ...flags, '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect(stderr).to.equal('');
  return stdout.trim();
}

const NO_WASM = `Object.defineProperty(globalThis, 'WebAssembly', { get() { throw new Error('touched'); } });`;
const USE = `const x = tensor([[1, 2], [3, 4]]);
  const { value, pullback } = vjp(() => createNormalizationLayer('layer_norm').forward(x));
  const dx = pullback(tensor([[1, 0], [0, 0]])).of(x);
  const rows = [value.value.pick(1), value.value.transpose(1, 0).lo(1), dx.value.T.step(-1)];
  console.log(JSON.stringify([kernelInfo(), value.value.get(1, 1).toFixed(3), rows.map(({ shape }) => shape)]));`;
const NAMES = '{ tensor, vjp, createNormalizationLayer, kernelInfo }';

describe('normtape/js', () => {
  before(whereBuilt('dist/node/index.js'));

  it('runs without touching WebAssembly, where no code may be compiled from strings', () => {
    const out = printed(`${NO_WASM} const ${NAMES} = await import('normtape/js'); ${USE}`);
    const [info, ...rest] = JSON.parse(out) as [object, ...unknown[]];
    expect(info).to.deep.equal({
      kernels: 'js',
      available: ['js'],
      reason: 'the program does not import normtape/wasm',
    });
    expect(rest).to.deep.equal(['1.000', [[2], [1, 2], [2, 2]]]);
  });

  it('runs compiled kernels from the moment that an entry brings them, unless the program chose others', () => {
    const out = printed(`const { kernelInfo, setKernels, tensor, mul } = await import('normtape/js');
      const x = mul(tensor([1, 2]), 3);
      const kernels = [kernelInfo().kernels];
      await import('normtape/wasm');
      kernels.push(kernelInfo().kernels, mul(x, x).toArray().join());
      setKernels('js');
      await import('normtape/wasm-relaxed');
      kernels.push(kernelInfo().kernels);
      console.log(kernels.join(' '));`);
    expect(out).to.equal('js wasm 9,36 js');
  });

  it('has the classes of normtape, whose kernels it then has too', () => {
    const out = printed(`const js = await import('normtape/js');
      const all = await import('normtape');
      const { kernelInfo, ...rest } = all;
      console.log(Object.keys(all).every((name) => all[name] === js[name]), js.kernelInfo().available.includes('wasm'));`);
    expect(out).to.equal('true true');
  });

  it('says what to import if compiled kernels are asked for', () => {
    const out = printed(`const { setKernels } = await import('normtape/js');
      try { setKernels('wasm'); } catch ({ message }) { console.log(message); }`);
    expect(out).to.equal(
      'setKernels: expected auto or one of js, which run here, received "wasm". The program does not import normtape/wasm.',
    );
  });
});
