import { inflateSync, zipSync } from 'fflate';
import { NormtapeError } from '../error.js';
import { demandKey, readText, viewOf } from './bytes.js';
import { crc32 } from './crc32.js';

/** A file in an archive, as the directory at the end of the archive states it. */
interface Entry {
  readonly name: string;
  readonly isDeflated: boolean;
  readonly checksum: number;
  readonly packed: number;
  readonly size: number;
  /** Where its local header begins. */
  readonly at: number;
}

const [LOCAL, CENTRAL, END] = [0x04034b50, 0x02014b50, 0x06054b50];
const [LOCAL_SIZE, CENTRAL_SIZE, END_SIZE] = [30, 46, 22];
const LONGEST_COMMENT = 0xffff;

/** Deflate cannot make more bytes than this of one: a match of 258 bytes takes two bits. */
const STEEPEST = 1032;

/**
 * The files of a ZIP archive by name. A library unpacks them; the directory is read here, since that library checks
 * neither sizes nor checksums.
 *
 * @throws {NormtapeError} In the name of `where`, if the archive is malformed or encrypted, if files overlap or a checksum
 * differs, if a name is a path that leads out of a folder, or if all files together are larger than `largest` bytes:
 * before any of it is unpacked.
 */
export function unzip(where: string, file: Uint8Array, largest: number): ReadonlyMap<string, Uint8Array> {
  const { entries, start } = readDirectory(where, file);
  const total = entries.reduce((sum, { size }) => sum + size, 0);
  if (total > largest) {
    const hint = 'If you trust the file, allow more with the option largest.';
    const expected = `an archive of at most ${largest} bytes once it is unpacked`;
    throw new NormtapeError({ where, expected, received: `a claim of ${total}`, hint });
  }
  let free = 0;
  const placed = [...entries]
    .sort((a, b) => a.at - b.at)
    .map((entry) => {
      const begin = dataOf(where, file, entry, start);
      if (entry.at < free)
        throw malformed(`${where}: ${entry.name}`, 'a file that overlaps with no other', entry.at);
      free = begin + entry.packed;
      return { entry, bytes: file.subarray(begin, free) };
    });
  const unpacked = placed.map(
    ({ entry, bytes }) => [entry.name, unpack(`${where}: ${entry.name}`, entry, bytes)] as const,
  );
  return new Map(unpacked);
}

/** An archive of these files, which is the same whenever it is written. */
export function zip(
  files: Readonly<Record<string, Uint8Array>>,
  isCompressed: boolean,
): Uint8Array<ArrayBuffer> {
  const date = new Date(1980, 0, 1);
  return zipSync(files, { level: isCompressed ? 6 : 0, mtime: date }) as Uint8Array<ArrayBuffer>;
}

const malformed = (where: string, expected: string, received: unknown): NormtapeError =>
  new NormtapeError({ where, expected, received, hint: 'The archive is damaged, or has another format.' });

/** The files that the directory lists, and where it starts. */
function readDirectory(where: string, file: Uint8Array) {
  const view = viewOf(file);
  const end = endOf(where, file);
  const [count, length, start] = [
    view.getUint16(end + 10, true),
    view.getUint32(end + 12, true),
    view.getUint32(end + 16, true),
  ];
  if (view.getUint32(end + 4, true) !== 0 || view.getUint16(end + 8, true) !== count)
    throw malformed(where, 'an archive in one piece', count);
  if (start === 0xffffffff) throw malformed(where, 'an archive of less than 4 GiB', 'a larger one');
  if (start + length !== end) throw malformed(where, `a directory that ends at byte ${end}`, start + length);
  const entries: Entry[] = [];
  const names = new Set<string>();
  let at = start;
  for (let i = 0; i < count; i++) {
    if (at + CENTRAL_SIZE > end || view.getUint32(at, true) !== CENTRAL)
      throw malformed(where, `${count} files in the directory`, i);
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => view.getUint16(at + field, true)) as [
      number,
      number,
      number,
    ];
    const next = at + CENTRAL_SIZE + nameLength + extra + comment;
    if (next > end) throw malformed(where, 'a directory that is whole', i);
    const name = readText(
      `${where}: name of file ${i}`,
      file.subarray(at + CENTRAL_SIZE, at + CENTRAL_SIZE + nameLength),
    );
    demandPath(where, name);
    if (names.has(name)) throw malformed(where, 'files of different names', name);
    names.add(name);
    entries.push(readEntry(`${where}: ${name}`, view, at, name));
    at = next;
  }
  if (at !== end) throw malformed(where, `a directory of ${at - start} bytes`, length);
  return { entries, start };
}

function endOf(where: string, file: Uint8Array): number {
  const view = viewOf(file);
  const last = file.length - END_SIZE;
  for (let at = last; at >= Math.max(0, last - LONGEST_COMMENT); at--) {
    if (view.getUint32(at, true) === END && view.getUint16(at + 20, true) === last - at) return at;
  }
  throw malformed(where, 'a ZIP archive, which ends with a directory', `${file.length} bytes without one`);
}

/** Throws if a name is empty, absolute, or leads through folders in other ways than down. */
export function demandPath(where: string, name: string): void {
  demandKey(where, name);
  const parts = name.split('/');
  const isPlain =
    !/[\\:\0]/.test(name) && parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isPlain) throw malformed(where, 'names of files, relative to one folder', name);
}

function readEntry(where: string, view: DataView, at: number, name: string): Entry {
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  if (flags & 1) throw malformed(where, 'a file that is not encrypted', 'an encrypted one');
  if (method !== 0 && method !== 8)
    throw malformed(where, 'a file that is stored or deflated', `method ${method}`);
  const [checksum, packed, size] = [16, 20, 24].map((field) => view.getUint32(at + field, true)) as [
    number,
    number,
    number,
  ];
  const isDeflated = method === 8;
  if (isDeflated ? size > packed * STEEPEST : size !== packed)
    throw malformed(where, `a size that ${packed} bytes can be unpacked to`, size);
  return { name, isDeflated, checksum, packed, size, at: view.getUint32(at + 42, true) };
}

/** Where the bytes of a file begin. Throws unless its local header agrees with the directory, and all lies before that. */
function dataOf(where: string, file: Uint8Array, { name, at, packed }: Entry, limit: number): number {
  const view = viewOf(file);
  const own = `${where}: ${name}`;
  if (at + LOCAL_SIZE > limit || view.getUint32(at, true) !== LOCAL)
    throw malformed(own, 'a header before the file', `byte ${at}`);
  const [nameLength, extra] = [view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
  const begin = at + LOCAL_SIZE + nameLength + extra;
  if (begin + packed > limit) throw malformed(own, `${packed} bytes before the directory`, limit - begin);
  const local = readText(`${own}: name`, file.subarray(at + LOCAL_SIZE, at + LOCAL_SIZE + nameLength));
  if (local !== name) throw malformed(own, 'the same name before the file', local);
  return begin;
}

function unpack(where: string, { isDeflated, size, checksum }: Entry, bytes: Uint8Array): Uint8Array {
  const unpacked = isDeflated ? inflated(where, bytes, size) : bytes;
  if (unpacked.length !== size) throw malformed(where, `${size} bytes`, unpacked.length);
  const found = crc32(unpacked);
  if (found !== checksum) throw malformed(where, `the checksum ${checksum}`, found);
  return unpacked;
}

function inflated(where: string, bytes: Uint8Array, size: number): Uint8Array {
  try {
    return inflateSync(bytes, { out: new Uint8Array(size) });
  } catch (error) {
    throw malformed(where, 'deflated bytes', error instanceof Error ? error.message : error);
  }
}
