import { NormtapeError } from '../../error.js';

/** The text of a file, and its encoding if that had to be guessed. */
export interface Decoded {
  readonly text: string;
  readonly guessed?: string | undefined;
}

/**
 * The text of bytes in UTF-8, in UTF-16 of either order, or else in windows-1252; a byte order mark is left out. Throws
 * if they are those of a packed file or a spreadsheet.
 */
export function decode(where: string, content: string | Uint8Array): Decoded {
  if (typeof content === 'string') return { text: content.replace(/^\ufeff/, '') };
  if (!ArrayBuffer.isView(content)) {
    throw new NormtapeError({ where, expected: 'the text or the bytes of a CSV file', received: content });
  }
  const [first = 0, second = 0] = content;
  demandText(where, first, second);
  if (first === 0xff && second === 0xfe) return { text: textOf(content, 'utf-16le') };
  if (first === 0xfe && second === 0xff) return { text: textOf(content, 'utf-16be') };
  const [even, odd] = zeros(content);
  if (odd > 0 && even === 0) return { text: textOf(content, 'utf-16le'), guessed: 'UTF-16 (little endian)' };
  if (even > 0 && odd === 0) return { text: textOf(content, 'utf-16be'), guessed: 'UTF-16 (big endian)' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(content) };
  } catch {
    return { text: textOf(content, 'windows-1252'), guessed: 'windows-1252, since it is not UTF-8' };
  }
}

const textOf = (content: Uint8Array, encoding: string): string => new TextDecoder(encoding).decode(content);

/** How many of the first bytes at even and at odd places are 0, as every second one is in UTF-16 of Latin text. */
function zeros(content: Uint8Array): readonly [number, number] {
  const counts: [number, number] = [0, 0];
  content.subarray(0, 1000).forEach((byte, i) => {
    if (byte === 0) counts[(i % 2) as 0 | 1]++;
  });
  return counts;
}

function demandText(where: string, first: number, second: number): void {
  const hint =
    first === 0 && second === 0
      ? 'It looks like an IDX file: those are read by readIdx, or by the command from their folder.'
      : first === 0x1f && second === 0x8b
        ? 'It is packed by gzip: unpack it first.'
        : first === 0x50 && second === 0x4b
          ? 'It is a zip file, as spreadsheets are: unpack it, or save the sheet as CSV.'
          : undefined;
  if (hint === undefined) return;
  throw new NormtapeError({ where, expected: 'a CSV file', received: [first, second], hint });
}
