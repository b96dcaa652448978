import { expect } from 'chai';
import fc from 'fast-check';
import { constants, deflateRawSync } from 'node:zlib';
import { characters, mobyDick, windows } from '../../src/data/index.js';
import { inflate } from '../../src/data/inflate.js';

describe('inflate', () => {
  const { Z_FIXED, Z_DEFAULT_STRATEGY, Z_RLE, Z_HUFFMAN_ONLY } = constants;
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    // Repetitions at short and long distances, and skewed frequencies.
    fc
      .tuple(
        fc.array(fc.constantFrom('a', 'b', 'the ', 'whale', '\u2014'), { maxLength: 400 }),
        fc.nat(60_000),
      )
      .map(([words, gap]) => new TextEncoder().encode(words.join('') + ' '.repeat(gap) + words.join(''))),
  );

  it('unpacks data deflated by Node, at every level and with every strategy', () => {
    fc.assert(
      fc.property(
        bytes,
        fc.integer({ min: 0, max: 9 }),
        fc.constantFrom(Z_DEFAULT_STRATEGY, Z_FIXED, Z_RLE, Z_HUFFMAN_ONLY),
        (whole, level, strategy) => {
          const packed = deflateRawSync(whole, { level, strategy });
          expect(Buffer.compare(inflate(packed, whole.length), whole)).to.equal(0);
        },
      ),
    );
  });

  it('unpacks blocks of each kind, one after the other', () => {
    const noise = Uint8Array.from({ length: 70_000 }, (_, i) => (i * i * 2_654_435_761) >>> 13);
    const whole = Buffer.concat([noise, Buffer.from('call me '.repeat(9000)), noise.subarray(0, 40_000)]);
    expect(Buffer.compare(inflate(deflateRawSync(whole, { level: 9 }), whole.length), whole)).to.equal(0);
    expect(Buffer.compare(inflate(deflateRawSync(whole, { level: 0 }), whole.length), whole)).to.equal(0);
  });
});

describe('Moby-Dick', () => {
  const text = mobyDick();

  it('is complete', () => {
    expect([...text].length).to.equal(384_076);
    expect(new TextEncoder().encode(text).length).to.equal(388_992);
    expect(text.startsWith('Call me Ishmael. Some years ago\u2014never mind how long precisely')).to.equal(
      true,
    );
    expect(text.trimEnd().endsWith('could see naught in that brute\nbut the deadliest ill.')).to.equal(true);
    expect(text).not.to.include('\ufffd');
  });

  it('converts to tokens and back', () => {
    const { alphabet, encode, decode } = characters(text);
    expect(alphabet.length).to.equal(82);
    expect([...alphabet].sort()).to.deep.equal(alphabet);
    expect(decode(encode(text))).to.equal(text);
  });
});

describe('characters', () => {
  it('are code points, in their order', () => {
    const { alphabet, encode, decode } = characters('ba\u{1f40b}b');
    expect(alphabet).to.deep.equal(['a', 'b', '\u{1f40b}']);
    expect([...encode('\u{1f40b}ab')]).to.deep.equal([2, 0, 1]);
    expect(decode([2, 1])).to.equal('\u{1f40b}b');
  });

  it('reject unknown characters and tokens', () => {
    expect(() => characters('')).to.throw('characters: expected a text that is not empty, received "".');
    expect(() => characters('ab').encode('abc')).to.throw(
      'characters: expected one of the 2 characters of the text, received "c".',
    );
    for (const token of [2, -1, 0.5]) {
      expect(() => characters('ab').decode([token])).to.throw(
        `characters: expected tokens from 0 to 1, received ${token}.`,
      );
    }
  });
});

describe('windows', () => {
  it('contain tokens, and the next token of each', () => {
    const { count, pick } = windows(Int32Array.of(5, 6, 7, 8, 9), 2);
    expect(count).to.equal(3);
    const { features, labels } = pick([2, 0]);
    expect(features).to.deep.equal([
      [7, 8],
      [5, 6],
    ]);
    expect([...labels]).to.deep.equal([8, 9, 6, 7]);
  });

  it('reject texts that are too short, and starts out of range', () => {
    expect(() => windows(Int32Array.of(1, 2), 2)).to.throw(
      'windows: expected a text of at least 3 tokens, received 2.',
    );
    expect(() => windows(Int32Array.of(1, 2), 0)).to.throw(
      'windows.length: expected a whole number from 1, received 0.',
    );
    for (const start of [1, -1, 0.5]) {
      expect(() => windows(Int32Array.of(1, 2, 3), 2).pick([start])).to.throw(
        `windows: expected starts from 0 to 0, received ${start}.`,
      );
    }
  });
});
