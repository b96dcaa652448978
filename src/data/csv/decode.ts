import { isOne } from '../../demand.js';
import { NormtapeError } from '../../error.js';

/** A file that is read in pieces, each time from its beginning, so that it is never completely in memory. */
export interface Pieces {
  read(): Iterable<Uint8Array>;
}

/** A CSV file: its text, its bytes, or pieces of its bytes. */
export type Content = string | Uint8Array | Pieces;

/** The encoding of a file, as TextDecoder calls it, with a note if it was guessed. */
export interface Encoding {
  readonly label: 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';
  readonly guessed?: string;
}

/** The encoding of a file that is not UTF-8. Any bytes are valid in it. */
export const FALLBACK: Encoding = {
  label: 'windows-1252',
  guessed: 'windows-1252, since it is not UTF-8',
};

/** All hosts have it. */
declare const TextDecoder: new (
  label: string,
  options: { readonly fatal: boolean },
) => { decode(bytes?: Uint8Array, options?: { readonly stream: boolean }): string };

/** Thrown at bytes that are not UTF-8, perhaps far from the beginning of a file. */
export class NotUtf8 extends Error {}

/** The number of bytes or characters that are decoded at once. */
export const PIECE = 1 << 18;

/** The number of bytes at the beginning of a file that decide its encoding. */
const HEAD = 1000;

/**
 * The encoding that the first bytes of a file show; UTF-8 if they show none.
 * @throws if the file is packed, or a spreadsheet.
 */
export function encodingOf(where: string, content: Content): Encoding {
  if (typeof content === 'string') return { label: 'utf-8' };
  const head = headOf(where, content);
  const [first, second] = head;
  demandText(where, first, second);
  if (first === 0xff && second === 0xfe) return { label: 'utf-16le' };
  if (first === 0xfe && second === 0xff) return { label: 'utf-16be' };
  const [even, odd] = zeros(head);
  // A few zeros are stray ones in a file of single bytes.
  if (8 * (even + odd) < head.length) return { label: 'utf-8' };
  if (odd > 0 && even === 0) return { label: 'utf-16le', guessed: 'UTF-16 (little endian)' };
  if (even > 0 && odd === 0) return { label: 'utf-16be', guessed: 'UTF-16 (big endian)' };
  return { label: 'utf-8' };
}

/**
 * The text of a file, in pieces and without its byte order mark.
 * @throws NotUtf8 if the encoding is UTF-8 and the bytes are not.
 */
export function* textOf(content: Content, { label }: Encoding): Generator<string, void> {
  if (typeof content === 'string') {
    for (let at = content.startsWith('\ufeff') ? 1 : 0; at < content.length; at += PIECE) {
      yield content.slice(at, at + PIECE);
    }
    return;
  }
  const decoder = new TextDecoder(label, { fatal: label === 'utf-8' });
  const decoded = (bytes?: Uint8Array): string => {
    try {
      return bytes ? decoder.decode(bytes, { stream: true }) : decoder.decode();
    } catch {
      throw new NotUtf8();
    }
  };
  for (const bytes of ArrayBuffer.isView(content) ? [content] : content.read()) {
    for (let at = 0; at < bytes.length; at += PIECE) yield decoded(bytes.subarray(at, at + PIECE));
  }
  yield decoded();
}

const isBytes = (content: unknown): content is Uint8Array => content instanceof Uint8Array;

const isPieces = (content: unknown): content is Pieces =>
  typeof content === 'object' && content !== null && 'read' in content;

function headOf(where: string, content: Uint8Array | Pieces): Uint8Array {
  if (isOne(isBytes, content)) return content.subarray(0, HEAD);
  if (!isOne(isPieces, content)) {
    throw new NormtapeError({ where, expected: 'the text or the bytes of a CSV file', received: content });
  }
  for (const bytes of content.read()) if (bytes.length > 0) return bytes.subarray(0, HEAD);
  return new Uint8Array();
}

/** The counts of zero bytes at even and at odd positions: in UTF-16, every second byte of Latin text is 0. */
function zeros(head: Uint8Array): readonly [number, number] {
  const counts: [number, number] = [0, 0];
  head.forEach((byte, i) => {
    if (byte === 0) counts[(i % 2) as 0 | 1]++;
  });
  return counts;
}

function demandText(where: string, first: number | undefined, second: number | undefined): void {
  const hint =
    first === 0 && second === 0
      ? 'It looks like an IDX file: read it with readIdx, or pass its folder to the command.'
      : first === 0x1f && second === 0x8b
        ? 'It is compressed with gzip: unpack it first.'
        : first === 0x50 && second === 0x4b
          ? 'It is a zip file, as spreadsheets are: unpack it, or save the sheet as CSV.'
          : undefined;
  if (hint === undefined) return;
  throw new NormtapeError({ where, expected: 'a CSV file', received: [first, second], hint });
}
