import { demand } from '../demand.js';
import { NormtapeError } from '../error.js';
import { textOf } from '../utf8.js';

/** The name of a built-in class, also of another realm; none for a value that throws when it is read. */
function nameOf(value: unknown): string {
  try {
    return Object.prototype.toString.call(value);
  } catch {
    return '';
  }
}

/** Whether a value is a Uint8Array, of this realm or another. */
const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && nameOf(value) === '[object Uint8Array]';

const isBuffer = (value: unknown): value is ArrayBuffer => nameOf(value) === '[object ArrayBuffer]';

/** The content of a file, as `fs.readFile`, `fetch` and `File` return it. */
export type Bytes = Uint8Array | ArrayBuffer;

/** Whether a value is the content of a file. */
export const isFile = (value: unknown): value is Bytes => isBytes(value) || isBuffer(value);

/** The bytes of a file; throws, in the name of `where`, if the value holds none. */
export function readBytes(where: string, format: string, given: unknown): Uint8Array {
  const expected = `the bytes of ${format}, in a Uint8Array or an ArrayBuffer`;
  demand(where, expected, isFile, given);
  return isBytes(given)
    ? new Uint8Array(given.buffer, given.byteOffset, given.byteLength)
    : new Uint8Array(given);
}

/** A view of the bytes, to read numbers from. */
export const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** The bytes as UTF-8 text; throws if they are none. */
export function readText(where: string, bytes: Uint8Array): string {
  try {
    return textOf(bytes);
  } catch {
    throw new NormtapeError({ where, expected: 'text in UTF-8', received: 'bytes that are none' });
  }
}

/** Throws if a name cannot be the key of an object, or cannot be written in UTF-8. */
export function demandKey(where: string, name: string): void {
  if (name === '__proto__')
    throw new NormtapeError({ where, expected: 'a name that an object may have as a key', received: name });
  demandWellFormed(where, name);
}

/** Throws if a text cannot be written in UTF-8, as half of a surrogate pair cannot. */
export function demandWellFormed(where: string, text: string): void {
  if (isWellFormed(text)) return;
  throw new NormtapeError({ where, expected: 'text that UTF-8 can hold', received: text });
}

const isWellFormed = (text: string): boolean =>
  !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);

/** The parts of a file, one after the other. */
export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
