import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { NormtapeError, normalizationTypes, norms } from '../../../src/index.js';
import * as builtIn from '../../../src/norms/normalizations.js';
import { snakeCase } from '../../../src/option/index.js';
import { parsing } from '../../../src/json.js';
import { plainTerminal } from '../../../src/cli/terminal.js';
import { atOnce } from '../../../src/cli/turns.js';
import { judging, printingJson, printingText } from '../../../src/cli/verdict.js';
import { door } from '../door.js';

const NASTY = ['\u001b[2J', '\n', '\u009b', '\u202e', '\u2028', '\0', '\ufeff', 'é', '😀', '\ud800'];

const number = fc.constantFrom(
  '0',
  '-1',
  '1e-5',
  '1e999',
  '-0',
  '9007199254740993',
  '1.5',
  '01',
  '.5',
  '+1',
  'NaN',
  '1e',
);

const word = fc.oneof(
  fc.constantFrom('ones', 'zeros', 'none', 'l2', 'glorot_normal', 'max_norm', ...NASTY),
  fc.string({ maxLength: 6 }),
);

/** A word as JSON, now and then with needless escapes. */
const quoted = fc
  .tuple(fc.oneof(word, fc.constantFrom(...normalizationTypes)), fc.boolean())
  .map(([text, escapes]) =>
    escapes
      ? `"${Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join('')}"`
      : JSON.stringify(text),
  );

const { value } = fc.letrec<{ value: string }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    number,
    quoted,
    fc.constantFrom('true', 'false', 'null', '{}', '[]', '[ -1 ]'),
    fc.array(tie('value'), { maxLength: 3 }).map((items) => `[${items.join(', ')}]`),
    fc
      .array(fc.tuple(fc.oneof(quoted, fc.constant('"type"')), tie('value')), { maxLength: 3 })
      .map((entries) => `{${entries.map(([key, item]) => `${key}: ${item}`).join(',')}}`),
    fc.nat(200).map((depth) => '['.repeat(depth) + ']'.repeat(depth)),
  ),
}));

/** A configuration with options of its norm, some with garbage values; a key may occur twice. */
const configuration = fc.constantFrom(...normalizationTypes).chain((type) => {
  const names = Object.keys(norms[type].options);
  const option = fc.tuple(fc.constantFrom(...names, 'name', 'eps', 'typ'), fc.boolean());
  const entry = fc
    .tuple(
      option,
      fc.oneof(value, fc.constantFrom('-1', '1e-5', 'true', '"ones"', '"none"', '{"type":"zeros"}')),
    )
    .map(([[name, snake], given]) => `"${snake ? snakeCase(name) : name}": ${given}`);
  return fc
    .array(entry, { maxLength: 3 })
    .map((entries) => `{ ${[`"type": "${type}"`, ...entries].join(',\n  ')} }`);
});

const file = fc.oneof(
  configuration,
  fc
    .array(fc.tuple(quoted, fc.oneof({ weight: 5, arbitrary: configuration }, value)), {
      minLength: 1,
      maxLength: 4,
    })
    .map((entries) => `{\n${entries.map(([name, one]) => `${name}: ${one}`).join(',\n')}\n}\n`),
  value,
);

/** A file as it is, or with a piece removed, doubled or replaced. */
const text = fc.oneof(
  { weight: 3, arbitrary: file },
  fc
    .tuple(
      file,
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.nat(8),
      fc.constantFrom('', ',', '"', '}', ']', '{', '\\', '// x\n', '/* x */', ':', ' ', '\ufeff', ...NASTY),
    )
    .map(([whole, share, length, piece]) => {
      const at = Math.floor(share * whole.length);
      return whole.slice(0, at) + piece + whole.slice(at + length);
    }),
  fc
    .tuple(file, fc.double({ min: 0, max: 1, noNaN: true }))
    .map(([whole, share]) => whole.slice(0, share * whole.length)),
);

/** The result of JSON.parse; undefined if it rejects the text. */
function native(json: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(json) as unknown };
  } catch {
    return undefined;
  }
}

const ACTS = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

function held(promise: string, isKept: boolean): void {
  if (!isKept) throw new Error(`broken promise: ${promise}`);
}

/** The door of configuration files, as `normtape validate` reads, checks and prints them. */
export const validate = door({
  name: 'validate',
  input: text,
  enter(json) {
    const lines: string[] = [];
    const terminal = plainTerminal({
      print: (printed) => void lines.push(...String(printed).split('\n')),
      tell: () => {},
      width: 80,
      screen: undefined,
      interrupted: new AbortController().signal,
    });
    const expected = native(json);
    let parsed;
    try {
      parsed = atOnce(parsing('file.json', json));
    } catch (error) {
      const isLimit = error instanceof NormtapeError && error.report.expected.includes('brackets');
      held('a text that JSON.parse accepts is accepted', isLimit || expected === undefined);
      if (error instanceof NormtapeError) held('a refusal is one line', !ACTS.test(error.message));
      throw error;
    }
    held('a text that JSON.parse rejects is rejected', expected !== undefined);
    held('values are those of JSON.parse', isDeepStrictEqual(parsed.value, expected!.value));

    const checked = atOnce(judging('file.json', parsed, builtIn));
    atOnce(printingText('file.json', checked, terminal));
    const { length } = checked.mistakes;
    held('every mistake is one line', lines.length === length + 1 && !lines.some((line) => ACTS.test(line)));
    lines.length = 0;
    atOnce(printingJson('file.json', checked, terminal));
    const told = JSON.parse(lines.join('\n')) as { readonly valid: boolean; readonly mistakes: unknown[] };
    held('--json prints the same', told.mistakes.length === length && told.valid === (length === 0));
    const [first] = checked.mistakes;
    if (first) throw new NormtapeError(first);
  },
});
