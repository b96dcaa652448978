import { expect } from 'chai';
import { kernelRows } from '../../docs/kernel-table.js';
import * as kernels from '../../src/kernels/index.js';
import * as general from '../../src/kernels/js/general.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';

// The compiler holds the tables to the interface, one way and the other.
const tables: Readonly<Record<string, Kernels>> = { general, js, wasm };
type Known = keyof typeof wasm extends keyof Kernels ? true : never;
const known: Known = true;

describe('the tables of kernels', () => {
  const names = kernelRows().map(({ name }) => name);

  for (const [table, functions] of Object.entries(tables)) {
    it(`include every kernel of the interface in the table ${table}, and no other`, () => {
      expect(Object.keys(functions).sort()).to.deep.equal([...names].sort());
      expect(known).to.equal(true);
    });
  }

  it('run the kernels of the table wasm, which calls those of js', () => {
    for (const name of names) expect(kernels[name]).to.equal(wasm[name]);
  });

  it('say for which calls a compiled kernel declines only if it is compiled', () => {
    for (const { name, compiled, declines } of kernelRows())
      if (declines !== undefined) expect(compiled, name).to.equal(true);
  });
});
