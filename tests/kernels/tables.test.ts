import { expect } from 'chai';
import * as kernels from '../../src/kernels/index.js';
import * as general from '../../src/kernels/js/general.js';
import * as js from '../../src/kernels/js/index.js';
import type { Kernels } from '../../src/kernels/kernels.js';
import * as wasm from '../../src/kernels/wasm/index.js';

// The compiler compares the tables with the interface: each has all of its kernels, and `wasm` has no other.
const tables: Readonly<Record<string, Kernels>> = { general, js, wasm };
type Known = keyof typeof wasm extends keyof Kernels ? true : never;
const known: Known = true;

describe('the tables of kernels', () => {
  const names = Object.keys(wasm) as (keyof Kernels)[];

  for (const [table, functions] of Object.entries(tables)) {
    it(`have the same kernels in ${table} as in the others`, () => {
      expect(Object.keys(functions).sort()).to.deep.equal(names.sort());
      expect(known).to.equal(true);
    });
  }

  it('are run through wasm, which calls js', () => {
    for (const name of names) expect(kernels[name]).to.equal(wasm[name]);
  });
});
