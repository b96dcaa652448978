import { type NdArray, PlainArray, flat } from '../../array/index.js';
import { NormtapeError } from '../../error.js';
import { sizeOfStated } from '../arrays.js';
import { demandKey } from '../bytes.js';
import { type Hdf5, type Hdf5Dataset, type Hdf5Entity, type Hdf5LibraryGroup, loadHdf5 } from './library.js';

/** The one file that lies in the file system of h5wasm while a function reads or writes it. */
const FILE = '/normtape.h5';

/** HDF5's number for the class of floating-point types. */
const FLOAT = 1;

/** HDF5's own report of what it could not do is cut here. */
const LONGEST_REPORT = 2000;

/**
 * What a function returns, given the root of an HDF5 file. The function must finish at once; afterwards the file is closed.
 *
 * @throws {NormtapeError} In the name of `where`, if h5wasm is missing, or the file is malformed.
 */
export async function readHdf5<Y>(where: string, bytes: Uint8Array, f: (root: Hdf5Group) => Y): Promise<Y> {
  const library = await loadHdf5(where);
  return reporting(library, (report) => {
    const watch: Watch = (place, g) => watched(place, report, g);
    library.files.writeFile(FILE, bytes);
    try {
      const file = watch(where, () => new library.File(FILE, 'r'));
      try {
        // Any number of names may lead to the same numbers, so that all together are limited.
        return f(new Hdf5Group(where, file, watch, { bytes: bytes.length }));
      } finally {
        close(file);
      }
    } finally {
      library.files.unlink(FILE);
    }
  });
}

/** Closes a file that was read; what that reports says nothing of the numbers that were. */
function close(file: { close(): number }): void {
  try {
    file.close();
  } catch {
    // The file is one of memory, and is removed.
  }
}

/**
 * The bytes of an HDF5 file of these arrays by their paths, with groups that have none.
 *
 * @throws {NormtapeError} In the name of `where`, if h5wasm is missing, or cannot write.
 */
export async function writeHdf5(
  where: string,
  arrays: ReadonlyMap<string, NdArray>,
  empty: readonly string[],
): Promise<Uint8Array<ArrayBuffer>> {
  const library = await loadHdf5(where);
  return reporting(library, (report) =>
    watched(where, report, () => {
      try {
        const file = new library.File(FILE, 'w');
        try {
          const groups = new Map<string, Hdf5LibraryGroup>([['', file]]);
          for (const path of empty) groupAt(groups, path);
          for (const [path, array] of arrays) {
            const [group, name] = parted(path);
            groupAt(groups, group).create_dataset({
              name,
              data: flat(array) as Float32Array,
              shape: [...array.shape],
              dtype: array.dtype === 'float64' ? '<d' : '<f',
            });
          }
        } finally {
          file.close();
        }
        return Uint8Array.from(library.files.readFile(FILE));
      } finally {
        library.files.unlink(FILE);
      }
    }),
  );
}

const parted = (path: string): readonly [string, string] => {
  const at = path.lastIndexOf('/');
  return [path.slice(0, Math.max(0, at)), path.slice(at + 1)];
};

/** The group of a path, which is made if it is missing, as are those above it. */
function groupAt(groups: Map<string, Hdf5LibraryGroup>, path: string): Hdf5LibraryGroup {
  const known = groups.get(path);
  if (known) return known;
  const [parent, name] = parted(path);
  const made = groupAt(groups, parent).create_group(name);
  groups.set(path, made);
  return made;
}

/** Calls the library, and throws in the name of a place if it fails. */
type Watch = <Y>(where: string, f: () => Y) => Y;

const malformed = (where: string, expected: string, received: unknown): NormtapeError =>
  new NormtapeError({ where, expected, received, hint: 'The file is damaged, or has another format.' });

/** How many bytes of numbers may still be read from a file. */
interface Left {
  bytes: number;
}

/** A group of an HDF5 file. */
export class Hdf5Group {
  readonly #group: Hdf5LibraryGroup;
  readonly #watch: Watch;
  readonly #left: Left;

  /** `left` is how many bytes may still be read. */
  constructor(
    readonly where: string,
    group: Hdf5LibraryGroup,
    watch: Watch,
    left: Left,
  ) {
    this.#group = group;
    this.#watch = watch;
    this.#left = left;
  }

  /** The names of what is in it. */
  names(): readonly string[] {
    const names = this.#watch(this.where, () => this.#group.keys());
    for (const name of names) {
      demandKey(this.where, name);
      if (name === '.' || name.includes('/'))
        throw malformed(this.where, 'names of what is in the group', name);
    }
    return names;
  }

  /** The group or the array of a name, which must be one of `names()`; throws if it is neither. */
  get(name: string): Hdf5Group | NdArray {
    const own = `${this.where}: ${name}`;
    const entity = this.#watch(own, () => this.#group.get(name));
    if (entity?.type === 'Group')
      return new Hdf5Group(own, entity as Hdf5LibraryGroup, this.#watch, this.#left);
    if (entity?.type === 'Dataset') return this.#array(own, entity as Hdf5Dataset);
    throw malformed(own, 'a group or an array in the same file', (entity as Hdf5Entity | null)?.type);
  }

  #array(where: string, dataset: Hdf5Dataset): NdArray {
    const { type, size, shape, chunks, littleEndian, total_size, ...more } = this.#watch(
      where,
      () => dataset.metadata,
    );
    if (type !== FLOAT || (size !== 4 && size !== 8) || !littleEndian) {
      const hint = 'Other numbers are not read: store the weights in float32.';
      const expected = 'numbers of float32 or float64';
      throw new NormtapeError({ where, expected, received: `type ${type} of ${size} bytes`, hint });
    }
    if (chunks || more.virtual_sources !== undefined || !shape)
      throw malformed(where, 'an array in one piece, as Keras writes it', 'another layout');
    const elements = sizeOfStated(where, shape);
    const left = this.#left;
    if (elements !== total_size || elements * size > left.bytes)
      throw malformed(
        where,
        `numbers of at most ${left.bytes} bytes, as many as are left of the file`,
        `a claim of the shape ${String(shape)}`,
      );
    left.bytes -= elements * size;
    const numbers = this.#watch(where, () => dataset.value) as Float32Array | Float64Array;
    return new PlainArray(numbers, size === 8 ? 'float64' : 'float32', [...shape]);
  }
}

/** What h5wasm reported of its failures since it was last asked. */
interface Report {
  text: string;
}

/**
 * What a function returns, while failures of HDF5 are collected. It reports them to its standard error alone: h5wasm gives
 * numbers that were never read for an array that cannot be read.
 */
function reporting<Y>({ files }: Hdf5, f: (report: Report) => Y): Y {
  const report: Report = { text: '' };
  const stream = files.getStream(2);
  const { stream_ops: before } = stream;
  const write = (_: unknown, bytes: Int8Array, at: number, length: number): number => {
    if (report.text.length < LONGEST_REPORT)
      report.text += String.fromCharCode(...bytes.subarray(at, at + Math.min(length, LONGEST_REPORT)));
    return length;
  };
  stream.stream_ops = { ...before, write };
  try {
    return f(report);
  } finally {
    stream.stream_ops = before;
  }
}

function watched<Y>(where: string, report: Report, f: () => Y): Y {
  const failed = (reason: unknown): NormtapeError => {
    const { text } = report;
    report.text = '';
    // The last line of a report is where the failure began.
    const known = [...text.matchAll(/^ *#\d+: \S+ line \d+ in \w+\(\): (.+)$/gm)].at(-1)?.[1];
    return malformed(where, 'an HDF5 file', known ?? reason);
  };
  try {
    const value = f();
    if (report.text) throw failed('one that HDF5 cannot read');
    return value;
  } catch (error) {
    if (error instanceof NormtapeError) throw error;
    throw failed(error instanceof Error ? error.message : error);
  }
}
