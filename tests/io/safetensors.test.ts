import { expect } from 'chai';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { tensor } from '../../src/index.js';
import { readSafetensors, writeSafetensors } from '../../src/io/index.js';
import { runs } from '../support/runs.js';
import { anyArray, bitsOf } from './arrays.js';

/** A file of a header and data, as they are given. */
function file(header: unknown, data: Uint8Array | number = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const bytes = typeof data === 'number' ? new Uint8Array(data) : data;
  const out = new Uint8Array(8 + text.length + bytes.length);
  new DataView(out.buffer).setBigUint64(0, BigInt(text.length), true);
  out.set(text, 8);
  out.set(bytes, 8 + text.length);
  return out;
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32') => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

const refusal = (header: unknown, data?: Uint8Array | number) => () => readSafetensors(file(header, data));

describe('readSafetensors', () => {
  it('reads a file that was packed by hand', () => {
    const { tensors, metadata } = readSafetensors(
      readFileSync(new URL('fixtures/by-hand.safetensors', import.meta.url)),
    );
    expect(metadata).to.deep.equal({ made: 'by hand', größe: 'µ' });
    const read = Object.entries(tensors).map(([name, { dtype, shape, data }]) => [
      name,
      dtype,
      shape,
      [...data],
    ]);
    const wide = (...numbers: number[]) => [...Float32Array.from(numbers)];
    expect(read).to.deep.equal([
      ['w', 'float64', [2, 3], [1.5, -2, 3, 4, 5.25, -0]],
      [
        'half',
        'float32',
        [8],
        wide(1.5, -2.25, 0.0999755859375, Infinity, -Infinity, NaN, -0, 2.9981136322021484e-5),
      ],
      [
        'brain',
        'float32',
        [8],
        wide(1.5, -2.25, 0.099609375, Infinity, -Infinity, NaN, -0, 2.9921531677246094e-5),
      ],
      ['ids', 'float64', [3], [-1, 0, 2 ** 53]],
      ['flags', 'float64', [2], [1, 0]],
      ['gain', 'float32', [], [1.5]],
      ['none', 'float32', [0, 2], []],
    ]);
  });

  it('takes an ArrayBuffer and a view into a larger one', () => {
    const bytes = writeSafetensors({ a: tensor([1, 2]) });
    const padded = new Uint8Array([9, 9, 9, ...bytes, 9]);
    for (const given of [bytes.buffer, padded.subarray(3, -1)])
      expect([...readSafetensors(given).tensors['a']!.data]).to.deep.equal([1, 2]);
  });

  it('refuses bytes that belong to two tensors, to none, or are missing', () => {
    expect(refusal({ a: entry(0, 8), b: entry(4, 12) }, 12)).to.throw(
      'b: expected data that begins at byte 8',
    );
    expect(refusal({ a: entry(0, 4), b: entry(8, 12) }, 12)).to.throw(
      'b: expected data that begins at byte 4',
    );
    expect(refusal({ a: entry(4, 8) }, 8)).to.throw('a: expected data that begins at byte 0');
    expect(refusal({ a: entry(0, 8) }, 12)).to.throw('more bytes after its tensors');
    expect(refusal({ a: entry(0, 8) }, 4)).to.throw('The file is cut off');
    expect(refusal({ a: entry(0, 4e15, [1e15]) }, 4)).to.throw('The file is cut off');
  });

  it('refuses shapes, offsets and kinds that are none', () => {
    expect(refusal({ a: entry(0, 8, [3]) }, 8)).to.throw(
      '12 bytes for the shape [3] of F32, received "8 bytes"',
    );
    expect(refusal({ a: entry(0, 8, [-2]) }, 8)).to.throw('a: shape');
    expect(refusal({ a: entry(0, 8, [1e300, 1e300]) }, 8)).to.throw('readSafetensors: a');
    expect(refusal({ a: entry(8, 0, [0]) }, 8)).to.throw('in order');
    expect(refusal({ a: entry(0, 8, [8], 'F8_E4M3') }, 8)).to.throw('a: expected a dtype among F64');
    expect(refusal({ a: { ...entry(0, 8), more: 1 } }, 8)).to.throw(
      'an object of dtype, shape, data_offsets',
    );
    expect(refusal({ a: entry(0, 1, [1], 'BOOL') }, Uint8Array.of(2))).to.throw(
      'a: expected numbers that float64',
    );
  });

  it('refuses headers that are no JSON object, repeat a key, are deep, or name a prototype', () => {
    expect(refusal('[]')).to.throw('a JSON object');
    expect(refusal(' {}')).to.throw('a JSON object');
    expect(refusal('{"a":')).to.throw('expected JSON');
    const twice = JSON.stringify({ a: entry(0, 4) }).slice(0, -1) + `,"a":${JSON.stringify(entry(0, 4))}}`;
    expect(refusal(twice, 4)).to.throw('each key once');
    expect(refusal(`{"a":${'['.repeat(100_000)}`)).to.throw('levels of nested brackets');
    expect(refusal('{"__proto__":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}', 4)).to.throw(
      'may have as a key',
    );
    expect(refusal({ __metadata__: { a: 1 } })).to.throw('__metadata__: a: expected a string');
    const stray = file('{}');
    stray[8] = 0xff;
    expect(() => readSafetensors(stray)).to.throw('UTF-8');
  });

  it('refuses a header that is longer than the file, or than any header', () => {
    const whole = file({ a: entry(0, 4) }, 4);
    for (const length of [0n, 2n ** 63n, 100_000_001n, BigInt(whole.length)]) {
      const changed = whole.slice();
      new DataView(changed.buffer).setBigUint64(0, length, true);
      expect(() => readSafetensors(changed), String(length)).to.throw('readSafetensors');
    }
  });

  it('refuses a file that is cut at any byte', () => {
    const whole = writeSafetensors({ a: tensor([1, 2]) }, { b: 'c' });
    for (let length = 0; length < whole.length; length++)
      expect(() => readSafetensors(whole.subarray(0, length)), String(length)).to.throw('readSafetensors');
  });
});

describe('writeSafetensors', () => {
  it('is read back bit for bit', () => {
    const names = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('constructor', 'a.b', ''));
    fc.assert(
      fc.property(
        fc.dictionary(names, anyArray),
        fc.dictionary(names, fc.string({ unit: 'binary' })),
        (arrays, texts) => {
          fc.pre(
            !['__proto__', '__metadata__'].some(
              (name) => name in { ...arrays, ...texts } && Object.hasOwn({ ...arrays, ...texts }, name),
            ),
          );
          const { tensors, metadata } = readSafetensors(writeSafetensors(arrays, texts));
          expect(metadata).to.deep.equal({ ...texts });
          expect(Object.keys(tensors)).to.have.members(Object.keys(arrays));
          for (const [name, array] of Object.entries(arrays)) {
            expect(bitsOf(tensors[name]!)).to.deep.equal(bitsOf(array));
            expect(tensors[name]).to.deep.include({ dtype: array.dtype, shape: [...array.shape] });
          }
        },
      ),
      { numRuns: runs(1) },
    );
  });

  it('writes numbers at multiples of their size, after a header of whole words', () => {
    const bytes = writeSafetensors({ a: tensor([1]), b: tensor([2], { dtype: 'float64' }) });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).to.equal(0);
    expect(new Float64Array(bytes.buffer.slice(8 + length, 16 + length))[0]).to.equal(2);
  });

  it('keeps the bits of NaN', () => {
    const bits = Uint32Array.of(0x7fc00001, 0xffc12345, 0x7f800000);
    const array = tensor(new Float32Array(bits.buffer));
    const read = readSafetensors(writeSafetensors({ array })).tensors['array']!;
    expect([...new Uint32Array((read.data as Float32Array).slice().buffer)]).to.deep.equal([...bits]);
  });

  it('refuses names and values that the format cannot hold', () => {
    expect(() => writeSafetensors({ __metadata__: [1] })).to.throw('which the format reserves');
    expect(() => writeSafetensors({ ['__proto__']: [1] })).to.throw('may have as a key');
    expect(() => writeSafetensors({ '\ud800': [1] })).to.throw('UTF-8 can hold');
    expect(() => writeSafetensors({ a: 'b' as never })).to.throw('writeSafetensors: a');
    expect(() => writeSafetensors({}, { a: 1 as never })).to.throw('metadata: a: expected a string');
  });
});
