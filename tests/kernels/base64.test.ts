import { expect } from 'chai';
import fc from 'fast-check';
import { bytesOf } from '../../src/kernels/index.js';
import { bytesOfDigits } from '../../src/kernels/digits.js';
import { textOf } from '../../src/utf8.js';

/** Runs f in a host that lacks these globals. */
function without<T>(names: readonly string[], f: () => T): T {
  const scope = globalThis as unknown as Record<string, unknown>;
  const kept = names.map((name) => [name, scope[name]] as const);
  for (const name of names) scope[name] = undefined;
  try {
    return f();
  } finally {
    for (const [name, value] of kept) scope[name] = value;
  }
}

describe('base64', () => {
  for (const missing of [[], ['Buffer'], ['Buffer', 'atob']]) {
    it(`is decoded${missing.length ? ` without ${missing.join(' and ')}` : ''}`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
          const text = Buffer.from(bytes).toString('base64');
          const spaced = text.replace(/(.{5})/g, '$1\n');
          expect([...without(missing, () => bytesOf(spaced))]).to.deep.equal([...bytes]);
        }),
      );
    });
  }
});

describe('hexadecimal digits', () => {
  for (const missing of [[], ['Buffer']]) {
    it(`are decoded${missing.length ? ` without ${missing.join(' and ')}` : ''}`, () => {
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
          const digits = Buffer.from(bytes).toString('hex');
          expect([...without(missing, () => bytesOfDigits(digits))]).to.deep.equal([...bytes]);
        }),
      );
    });
  }
});

describe('UTF-8', () => {
  it('decodes any characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(textOf(Buffer.from(text))).to.equal(Buffer.from(text).toString());
      }),
    );
  });

  it('decodes a character that spans two calls', () => {
    const text = `${'a'.repeat(8191)}é${'–'.repeat(9000)}`;
    expect(textOf(Buffer.from(text))).to.equal(text);
  });
});
