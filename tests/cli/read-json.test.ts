import { expect } from 'chai';
import fc from 'fast-check';
import { closeSync, ftruncateSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { jsonIn, readJson } from '../../src/cli/read-json.js';
import { failure } from '../support/failure.js';
import { folder } from './support.js';

describe('JSON', () => {
  const place = folder();
  const refusal = (text: string) => failure(() => jsonIn('x', text));

  it('is parsed as by JSON.parse', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 4 }), fc.nat(4), (text, indent) => {
        const value: unknown = JSON.parse(text);
        expect(jsonIn('x', text)).to.deep.equal(value);
        expect(jsonIn('x', JSON.stringify(value, undefined, indent))).to.deep.equal(value);
      }),
    );
    expect(jsonIn('x', ' [1e999, -0, "\\ud83d\\ude00\\n", {"__proto__": 1}] ')).to.deep.equal(
      JSON.parse(' [1e999, -0, "\\ud83d\\ude00\\n", {"__proto__": 1}] '),
    );
  });

  it('is rejected at the wrong character', () => {
    for (const [text, place, received] of [
      ['', 'line 1, column 1', 'the end of the file'],
      ['{"a": 1,\n}', 'line 2, column 1', '}'],
      ['[1\n 2]', 'line 2, column 2', '2]'],
      ['[01]', 'line 1, column 3', '1]'],
      ['"a\nb"', 'line 1, column 3', '\nb"'],
      ['"\\x"', 'line 1, column 3', 'x"'],
      ['"\\u12g4"', 'line 1, column 3', 'u12g4"'],
      ['"a', 'line 1, column 3', 'the end of the file'],
      ['{a: 1}', 'line 1, column 2', 'a: 1}'],
      ['[NaN]', 'line 1, column 2', 'NaN]'],
      ['{} {}', 'line 1, column 4', '{}'],
    ] as const)
      expect(refusal(text), text).to.equal(
        `x: ${place}: expected JSON, received ${JSON.stringify(received)}.`,
      );
    expect(refusal('{} // done')).to.match(/received "\/\/ done"\. JSON has no comments\.$/);
  });

  it('is rejected if an object has a key twice, which would lose a value', () => {
    expect(refusal('{\n"a": 1,\n"b": {"a": 2},\n"a": 3}')).to.equal(
      'x: line 4: expected each key once in an object, received "a". ' +
        'Line 2 has the same key, and only one of the two would count.',
    );
    expect(refusal('{"a": 1, "a": 2, "\\u0061": 3, "__proto__": 1, "__proto__": 1}')).to.match(
      /There are 2 more of these\.$/,
    );
  });

  it('is rejected if it is nested too deep to be printed', () => {
    const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
    expect(JSON.stringify(jsonIn('x', nested(100)))).to.equal(nested(100));
    expect(refusal(nested(100_000))).to.match(
      /^x: line 1, column 101: expected at most 100 levels of nested brackets/,
    );
  });

  it('is rejected if the file is too large or not UTF-8', () => {
    const large = join(place, 'large.json');
    const file = openSync(large, 'w');
    ftruncateSync(file, 2 ** 28 + 1);
    closeSync(file);
    expect(failure(() => readJson(large))).to.equal(
      `${large}: expected at most 256 MB of JSON, received "a larger file".`,
    );
    const latin = join(place, 'latin.json');
    writeFileSync(latin, Buffer.from('{"é": 1}', 'latin1'));
    expect(failure(() => readJson(latin))).to.equal(
      `${latin}: expected a text in UTF-8, received "other bytes". Save it as UTF-8.`,
    );
    writeFileSync(latin, '\ufeff{"é": 1}');
    expect(readJson(latin)).to.deep.equal({ é: 1 });
  });
});
