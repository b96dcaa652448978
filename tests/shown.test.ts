import { expect } from 'chai';
import fc from 'fast-check';
import { NormtapeError, suggest } from '../src/error.js';
import { escaped } from '../src/escape.js';

const message = (received: unknown) =>
  new NormtapeError({ where: 'here', expected: 'a thing', received }).message.replace(
    /^here: expected a thing, received /,
    '',
  );

const throws = (): never => {
  throw new TypeError('a trap');
};

const revoked = (target: object): object => {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
};

describe('a received value', () => {
  it('is shown even if reading it throws', () => {
    const traps = new Proxy({}, { get: throws, ownKeys: throws, has: throws, getPrototypeOf: throws });
    for (const value of [revoked({}), revoked([]), traps])
      expect(message(value)).to.equal('an object that cannot be read.');
    expect(message(revoked(() => 1))).to.equal('a function.');
    expect(message({ a: [traps], b: 1 })).to.equal('{"a":[an object that cannot be read],"b":1}.');
    expect(message({ get a() { return throws(); } })).to.equal('an object that cannot be read.'); // prettier-ignore
    expect(message({ toJSON: throws })).to.equal('an object that cannot be read.');
  });

  it('is shown by its class if it has no own description', () => {
    expect(message(Object.assign(Object.create(null), { a: 1 }))).to.equal('{"a":1}.');
    expect(message({ toString: 1 })).to.equal('{"toString":1}.');
    expect(message({ toString: throws, valueOf: throws })).to.match(/"toString":/);
    expect(message(new Map([[1, 2]]))).to.equal('an object of class Map.');
    expect(message(Symbol('s'))).to.equal('Symbol(s).');
    expect(message([1n, NaN, undefined, () => 1])).to.equal('[1,NaN,undefined,a function].');
    expect(message(10n ** 5000n)).to.equal('a bigint of more than 100 digits.');
  });

  it('is shown if it contains itself, and cut if it is deep', () => {
    const list: unknown[] = [1];
    list.push(list);
    expect(message(list)).to.equal('[1,itself].');
    const twice = { a: 1 };
    expect(message([twice, twice])).to.equal('[{"a":1},{"a":1}].');
    let deep: unknown = 1;
    for (let i = 0; i < 100_000; i++) deep = [deep];
    expect(message(deep)).to.match(/^\[{200}…\.$/);
  });

  it('is read only as far as it is shown, however large it is', () => {
    let reads = 0;
    const counted = new Proxy([], {
      get: (_, key) => (key === 'length' ? 1e9 : (reads++, undefined)),
    });
    message(counted);
    expect(reads).to.be.below(1000);

    reads = 0;
    const keys = Array.from({ length: 20_000 }, (_, i) => String(i));
    const wide = new Proxy(
      {},
      {
        ownKeys: () => (reads++, keys),
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: undefined }),
      },
    );
    message(Array(10_000).fill(wide));
    expect(reads).to.be.below(20);
    expect(message('x'.repeat(1e8)).length).to.be.below(300);
    expect(message({ ['k'.repeat(1e8)]: 1 }).length).to.be.below(300);
    expect(message(new Uint8Array(1e8)).length).to.be.below(300);
  });

  it('is shown as JSON, if it has any and is short', () => {
    const short = fc.jsonValue({ maxDepth: 2 }).filter((value) => JSON.stringify(value).length < 150);
    fc.assert(
      fc.property(short, (value) => {
        expect(message(value)).to.equal(`${escaped(JSON.stringify(value))}.`);
      }),
    );
  });
});

describe('an error message', () => {
  it('is one line without control characters, whatever its parts contain', () => {
    const nasty = fc.string({ unit: 'binary', maxLength: 30 });
    fc.assert(
      fc.property(nasty, nasty, nasty, nasty, (where, expected, received, hint) => {
        const { message: text } = new NormtapeError({ where, expected, received, hint });
        expect(text).not.to.match(/[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u);
      }),
    );
  });

  it('keeps letters of all scripts, and escapes control characters', () => {
    const where = 'ζ 日本 שלום 👩‍👩‍👧 é';
    expect(new NormtapeError({ where, expected: 'it', received: 1 }).message).to.equal(
      `${where}: expected it, received 1.`,
    );
    expect(escaped('a\u001b[2J\n\r\t\u007f\u009b\u2028\u2029\u202a\u202e\u2066\u2069\u200f\ufeffb')).to.equal(
      'a\\u001b[2J\\n\\r\\t\\u007f\\u009b\\u2028\\u2029\\u202a\\u202e\\u2066\\u2069\\u200f\\ufeffb',
    );
  });

  it('is short even if a name in it has a million letters', () => {
    const where = `file.json: ${'a'.repeat(1e6)}`;
    expect(new NormtapeError({ where, expected: 'it', received: 1 }).message.length).to.be.below(3000);
  });
});

describe('a suggestion', () => {
  it('is not made for words that are not typing mistakes', () => {
    expect(suggest(`rms_norm${'x'.repeat(30)}`, ['rms_norm'])).to.equal('Did you mean rms_norm?');
    expect(suggest(`rms_norm${'x'.repeat(2e6)}`, ['rms_norm'])).to.equal(undefined);
  });
});
