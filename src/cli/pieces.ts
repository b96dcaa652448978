import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Content, Pieces } from '../data/csv/decode.js';
import { NormtapeError } from '../error.js';
import { attempt, readBytes } from './files.js';
import { bar } from './progress.js';
import type { Terminal } from './terminal.js';

/** The number of bytes that are read at once. */
const PIECE = 1 << 20;

/** Files of at least this size get a progress bar. */
const LONG = 1 << 24;

/** The largest size of an unpacked file: a few kilobytes can unpack to more than the memory. */
const MOST_UNPACKED = 2 ** 30;

/**
 * Calls `use` with the content of a file that is read in pieces, so that it may be larger than memory; shows a progress
 * bar.
 */
export function fromPieces<A>(
  path: string,
  { screen }: Pick<Terminal, 'screen'>,
  use: (content: Content) => A,
): A {
  // A pipe can be read only once, and a packed file only as a whole.
  if (isPacked(path) || !attempt(path, READABLE, () => statSync(path)).isFile()) return use(unpacked(path));
  const { size } = attempt(path, READABLE, () => statSync(path));
  const watcher = bar(1, size < LONG ? { screen: undefined } : { screen });
  watcher.start(path);
  const pieces: Pieces = {
    *read() {
      let done = 0;
      for (const piece of piecesIn(path)) {
        yield piece;
        watcher.step(Math.min((done += piece.length) / size, 1));
      }
    },
  };
  try {
    return use(pieces);
  } finally {
    watcher.stop();
  }
}

/**
 * The bytes of a file, unpacked if its name ends in .gz.
 * @throws if it is not packed by gzip, or unpacks to more than `most` bytes.
 */
export function unpacked(path: string, most = MOST_UNPACKED): Uint8Array {
  const bytes = readBytes(path);
  if (!isPacked(path)) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: most });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isHuge = code === 'ERR_BUFFER_TOO_LARGE';
    throw new NormtapeError({
      where: path,
      expected: isHuge ? `at most ${most} bytes when unpacked` : 'a file packed by gzip',
      received: isHuge ? 'more' : message,
      hint: isHuge ? 'Unpack it first.' : undefined,
    });
  }
}

const READABLE = 'a file that can be read';

const isPacked = (path: string): boolean => /\.gz$/i.test(path);

/** The pieces of a file. All of them share one buffer, so each must be used before the next is requested. */
function* piecesIn(path: string): Generator<Uint8Array, void> {
  const file = attempt(path, READABLE, () => openSync(path, 'r'));
  const buffer = new Uint8Array(PIECE);
  try {
    for (;;) {
      const count = attempt(path, READABLE, () => readSync(file, buffer));
      if (count === 0) return;
      yield buffer.subarray(0, count);
    }
  } finally {
    closeSync(file);
  }
}
