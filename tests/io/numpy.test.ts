import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { zipSync } from 'fflate';
import { Tensor, tensor } from '../../src/index.js';
import { readNpy, readNpz, writeNpy, writeNpz } from '../../src/io/index.js';
import { runs } from '../support/runs.js';
import { anyArray, bitsOf } from './arrays.js';

const fixture = (name: string): Uint8Array => readFileSync(new URL(`fixtures/${name}`, import.meta.url));
const numbers = (name: string): number[] => [...readNpy(fixture(name)).data];

const MATRIX = [1.5, -2, 3, 4, 5.25, -0];

describe('readNpy', () => {
  for (const name of ['float64', 'fortran', 'big-endian', 'big-endian64', 'version1', 'version2', 'version3'])
    it(`reads the file of NumPy: ${name}`, () => {
      const array = readNpy(fixture(`${name}.npy`));
      expect(array.shape).to.deep.equal([2, 3]);
      expect([...array.data].every((x, i) => Object.is(x, MATRIX[i]))).to.equal(true);
      expect(array.dtype).to.equal(/fortran|endian$/.test(name) ? 'float32' : 'float64');
    });

  it('reads three axes in the order of Fortran', () => {
    expect(numbers('fortran3.npy')).to.deep.equal(Array.from({ length: 24 }, (_, i) => i));
  });

  it('widens half floats exactly', () => {
    const half = [1.5, -2.25, 0.0999755859375, Infinity, -Infinity, NaN, -0, 2.9981136322021484e-5];
    const read = readNpy(fixture('float16.npy'));
    expect(read.dtype).to.equal('float32');
    expect([...read.data].every((x, i) => Object.is(x, Math.fround(half[i]!)))).to.equal(true);
  });

  it('reads integers and booleans as float64 if they are exact', () => {
    expect(numbers('int64.npy')).to.deep.equal([-(2 ** 53), 0, 2 ** 60]);
    expect(numbers('uint16-big.npy')).to.deep.equal([1, 256, 65535]);
    expect(numbers('bool.npy')).to.deep.equal([1, 0]);
    expect(readNpy(fixture('bool.npy')).dtype).to.equal('float64');
  });

  it('reads one number, and none', () => {
    expect(readNpy(fixture('scalar.npy'))).to.deep.include({ shape: [], dtype: 'float32' });
    expect(numbers('scalar.npy')).to.deep.equal([2.5]);
    expect(readNpy(fixture('empty.npy')).shape).to.deep.equal([0, 3]);
  });

  it('refuses integers that float64 cannot hold, text, records and pickles', () => {
    const attempt = (name: string) => () => readNpy(fixture(name));
    expect(attempt('int64-inexact.npy')).to.throw('float64 holds exactly, received "other bits at element 0');
    expect(attempt('text.npy')).to.throw('received "<U1"');
    expect(attempt('records.npy')).to.throw('save the columns one by one');
    expect(attempt('objects.npy')).to.throw('pickled objects, which are programs');
  });

  it('refuses files that are cut, or too long, at every byte', () => {
    const whole = writeNpy(tensor([1, 2, 3]));
    for (let length = 0; length < whole.length; length++)
      expect(() => readNpy(whole.subarray(0, length)), String(length)).to.throw('readNpy');
    expect(() => readNpy(new Uint8Array([...whole, 0]))).to.throw('more bytes after it');
  });

  it('allocates nothing for a false claim', () => {
    const whole = writeNpy(tensor([1, 2, 3]));
    const text = new TextDecoder('latin1').decode(whole).replace('(3,), }       ', '(9999999999,),}');
    const claim = Uint8Array.from(text, (letter) => letter.charCodeAt(0));
    expect(() => readNpy(claim)).to.throw('The file is cut off');
  });

  it('refuses headers that state a key twice, or another', () => {
    const withHeader = (header: string): Uint8Array => {
      const text = header.padEnd(117) + '\n';
      return Uint8Array.from(`\x93NUMPY\x01\x00\x76\x00${text}`, (letter) => letter.charCodeAt(0));
    };
    const read = (header: string) => () => readNpy(withHeader(header));
    expect(read("{'descr': '<f4', 'fortran_order': False, 'shape': (0,), }")).not.to.throw();
    expect(read("{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (0,)}")).to.throw('once');
    expect(read("{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'x': ()}")).to.throw('once');
    expect(read("{'descr': '<f4', 'fortran_order': False}")).to.throw('a tuple as shape');
    expect(read("{'descr': '<f4' 'fortran_order': False, 'shape': (0,)}")).to.throw('a comma');
    expect(read('import os')).to.throw('a dictionary in braces');
  });
});

describe('writeNpy', () => {
  it('writes the same bytes as NumPy', () => {
    const matrix = tensor([MATRIX.slice(0, 3), MATRIX.slice(3)], { dtype: 'float64' });
    expect([...writeNpy(matrix)]).to.deep.equal([...fixture('float64.npy')]);
    expect([...writeNpy(tensor(2.5))]).to.deep.equal([...fixture('scalar.npy')]);
  });

  it('is read back bit for bit', () => {
    fc.assert(
      fc.property(anyArray, (array) => {
        expect(bitsOf(readNpy(writeNpy(array)))).to.deep.equal(bitsOf(array));
        expect(readNpy(writeNpy(array))).to.deep.include({ shape: [...array.shape], dtype: array.dtype });
      }),
      { numRuns: runs(1) },
    );
  });
});

describe('readNpz', () => {
  it('reads the archives of NumPy, stored and deflated', () => {
    const stored = readNpz(fixture('stored.npz'));
    expect(Object.keys(stored)).to.deep.equal(['a', 'b']);
    expect([...stored['a']!.data]).to.deep.equal(MATRIX);
    expect([...stored['b']!.data].slice(3, 7)).to.deep.equal([Infinity, -Infinity, NaN, -0]);
    const deflated = readNpz(fixture('deflated.npz'));
    expect(deflated['zeros']!.shape).to.deep.equal([1000]);
    expect([...deflated['folder/c']!.data]).to.deep.equal([7]);
  });

  it('notices a changed byte anywhere in the numbers', () => {
    const whole = writeNpz({ a: tensor([1, 2, 3]) });
    const at = whole.findIndex((_, i) => whole[i] === 0x3f && whole[i - 1] === 0x80);
    const changed = whole.slice();
    changed[at]! ^= 1;
    expect(() => readNpz(changed)).to.throw('checksum');
  });

  it('refuses a bomb before it is unpacked', () => {
    const bomb = zipSync({ 'a.npy': new Uint8Array(5_000_000) });
    expect(() => readNpz(bomb, { largest: 1_000_000 })).to.throw(
      'readNpz: expected an archive of at most 1000000 bytes',
    );
    const claim = writeNpz({ a: tensor([1]) }, { compressed: true });
    const view = new DataView(claim.buffer);
    const directory = view.getUint32(claim.length - 6, true);
    view.setUint32(directory + 24, 0xfffffff0, true);
    expect(() => readNpz(claim, { largest: 2 ** 40 })).to.throw('can be unpacked to');
  });

  it('refuses files that overlap', () => {
    const one = writeNpz({ a: tensor([1]), b: tensor([1]) });
    const view = new DataView(one.buffer);
    const directory = view.getUint32(one.length - 6, true);
    const second = directory + 46 + 'a.npy'.length;
    view.setUint32(second + 42, 0, true);
    expect(() => readNpz(one)).to.throw(/overlaps|the same name/);
  });

  for (const name of [
    '../a.npy',
    '/a.npy',
    'a/../b.npy',
    'C:\\a.npy',
    'a//b.npy',
    '__proto__.npy',
    'a.txt',
    '.npy',
  ])
    it(`refuses the name ${name}`, () => {
      const content = writeNpy(tensor([1]));
      expect(() => readNpz(zipSync({ [name]: content }))).to.throw('readNpz');
    });
});

describe('writeNpz', () => {
  it('is read back bit for bit, and is the same whenever it is written', () => {
    const named = fc.dictionary(fc.constantFrom('a', 'b/c', 'größe', 'constructor'), anyArray);
    fc.assert(
      fc.property(named, fc.boolean(), (arrays, compressed) => {
        const bytes = writeNpz(arrays, { compressed });
        const read = readNpz(bytes);
        expect(Object.keys(read)).to.deep.equal(Object.keys(arrays));
        for (const [name, array] of Object.entries(arrays))
          expect(bitsOf(read[name]!)).to.deep.equal(bitsOf(array));
        expect([...writeNpz(arrays, { compressed })]).to.deep.equal([...bytes]);
      }),
      { numRuns: runs(0.3) },
    );
  });

  it('refuses names that no file may have, and values that are no arrays', () => {
    expect(() => writeNpz({ '../a': [1] })).to.throw('relative to one folder');
    expect(() => writeNpz({ a: 'text' as never })).to.throw('writeNpz: a');
    expect(writeNpz({ a: new Tensor(tensor([1]).value) })).to.have.length.above(0);
  });
});
