import { closeSync, openSync, readSync } from 'node:fs';
import { NormtapeError } from '../error.js';
import { attempt } from './files.js';
import { type Parsed, parsing } from '../json.js';
import { type Work, atOnce } from './turns.js';

/** The largest size of a JSON file, in bytes: values of a larger one may need more memory than Node uses by default. */
const LARGEST = 2 ** 28;

/**
 * The value of a JSON file.
 * @throws with line and column if it is not JSON, or if an object has a key twice.
 */
export const readJson = (path: string): unknown => onceEach(atOnce(readingJson(path)));

/** The value of a JSON text from another source, which errors call `where`. */
export const jsonIn = (where: string, text: string): unknown => onceEach(atOnce(parsing(where, text)));

function onceEach({ value, repeated }: Parsed): unknown {
  const [first, ...more] = repeated;
  if (!first) return value;
  const others = more.length > 0 ? ` There are ${more.length} more of these.` : '';
  throw new NormtapeError({ ...first, hint: `${first.hint}${others}` });
}

/**
 * Reads a JSON file in steps; returns repeated keys with the value.
 * @throws if it is not JSON.
 */
export function* readingJson(path: string): Work<Parsed> {
  const text = decoded(path, readAtMost(path, LARGEST));
  const work = parsing(path, text);
  let step = work.next();
  while (!step.done) {
    yield step.value / text.length;
    step = work.next();
  }
  return step.value;
}

/**
 * The bytes of a file or a pipe.
 * @throws if there are more than `most`.
 */
function readAtMost(path: string, most: number): Uint8Array {
  const CHUNK = 2 ** 20;
  return attempt(path, 'a file that can be read', () => {
    const file = openSync(path, 'r');
    try {
      const chunks: Buffer[] = [];
      let size = 0;
      for (;;) {
        const chunk = Buffer.allocUnsafe(CHUNK);
        const read = readSync(file, chunk, 0, CHUNK, null);
        if (read === 0) return Buffer.concat(chunks);
        chunks.push(chunk.subarray(0, read));
        size += read;
        if (size > most) {
          const expected = `at most ${most / 2 ** 20} MB of JSON`;
          throw new NormtapeError({ where: path, expected, received: 'a larger file' });
        }
      }
    } finally {
      closeSync(file);
    }
  });
}

/**
 * The text of bytes in UTF-8.
 * @throws if they are not UTF-8, which a decoder would replace silently.
 */
function decoded(path: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const hint = 'Save it as UTF-8.';
    throw new NormtapeError({ where: path, expected: 'a text in UTF-8', received: 'other bytes', hint });
  }
}
