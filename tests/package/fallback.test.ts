import { expect } from 'chai';
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { whereBuilt } from './built.js';

const LIBRARY = pathToFileURL(resolve('dist/node/index.js')).href;

/** The output of a program that changes its host and then loads the library. */
function run(host: string, program: string) {
  const code = `${host}; const lib = await import('${LIBRARY}'); ${program}`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  return { stdout: stdout.trim(), warnings: stderr.split('\n').filter(Boolean) };
}

const USE =
  'for (let i = 0; i < 3; i++) lib.mul(lib.tensor([1, 2]), 3); console.log(lib.kernelInfo().kernels);';
const HOSTS = {
  'a page forbids WebAssembly': [
    "WebAssembly.Module = class { constructor() { throw new WebAssembly.CompileError('blocked by CSP') } }",
    'the Content-Security-Policy of the page forbids WebAssembly (blocked by CSP)',
  ],
  'no memory can be reserved': [
    "WebAssembly.Memory = class { constructor() { throw new RangeError('could not allocate memory') } }",
    'no memory could be reserved (not even 64 MiB)',
  ],
  'there is no WebAssembly': ['delete globalThis.WebAssembly', 'this host has no WebAssembly'],
  'an instruction is unknown': [
    `const { Module } = WebAssembly; WebAssembly.Module = class { constructor(bytes) {
      if (bytes.length > 8) throw new WebAssembly.CompileError('invalid opcode'); return new Module(bytes);
    } }`,
    'WebAssembly here lacks an instruction (invalid opcode)',
  ],
} as const;

describe('the kernels in JavaScript, if the compiled ones cannot run', () => {
  before(whereBuilt('dist/node/index.js'));

  for (const [title, [host, reason]] of Object.entries(HOSTS)) {
    it(`warn once, with the reason, if ${title}`, () => {
      const { stdout, warnings } = run(host, USE);
      expect(stdout).to.equal('js');
      expect(warnings).to.deep.equal([
        `normtape: the kernels in JavaScript run, which are slower: ${reason}. setKernels('js') chooses them without this warning.`,
      ]);
      const info = run(host, "lib.setKernels('js'); console.log(JSON.stringify(lib.kernelInfo()))");
      expect(info.warnings).to.deep.equal([]);
      expect(JSON.parse(info.stdout)).to.deep.equal({ kernels: 'js', available: ['js'], reason });
      const refused = run(
        host,
        "try { lib.setKernels('wasm') } catch ({ message }) { console.log(message) }",
      );
      expect(refused.stdout.toLowerCase()).to.include(reason.toLowerCase());
    });
  }

  it('do not warn if they were chosen, or if compiled kernels run', () => {
    expect(run('', `lib.setKernels('js'); ${USE}`)).to.deep.equal({ stdout: 'js', warnings: [] });
    const compiled = run('', USE);
    expect(compiled.stdout).to.match(/^wasm/);
    expect(compiled.warnings).to.deep.equal([]);
  });
});
