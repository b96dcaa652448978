import { NormtapeError } from '../error.js';
import { parsing } from '../json.js';
import { demandKey } from './bytes.js';

/** The value of a JSON text. Throws, in the name of `where`, if it is none, repeats a key, or is nested too deep. */
export function parseJson(where: string, text: string): unknown {
  const parser = parsing(where, text);
  let step = parser.next();
  while (!step.done) step = parser.next();
  const { value, repeated } = step.value;
  if (repeated.length) throw new NormtapeError(repeated[0]!);
  return value;
}

/** The value of a JSON object. Throws, in the name of `where`, if the text is another value, or a key names a prototype. */
export function parseObject(where: string, text: string): Readonly<Record<string, unknown>> {
  if (!text.startsWith('{')) {
    throw new NormtapeError({ where, expected: 'a JSON object', received: text.slice(0, 20) });
  }
  const value = parseJson(where, text) as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(value)) demandKey(where, name);
  return value;
}
