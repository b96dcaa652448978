import { NormtapeError } from '../../error.js';

/** The kind of the numbers of a dataset, and how it lies in its file, as h5wasm states them. */
export interface Hdf5Metadata {
  readonly type: number;
  readonly size: number;
  readonly total_size: number;
  readonly littleEndian: boolean;
  readonly shape: readonly number[] | null;
  readonly chunks: readonly number[] | null;
  readonly virtual_sources?: unknown;
}

/** An object in a file of h5wasm. */
export interface Hdf5Entity {
  readonly type: string;
}

export interface Hdf5Dataset extends Hdf5Entity {
  readonly metadata: Hdf5Metadata;
  readonly value: unknown;
}

export interface Hdf5LibraryGroup extends Hdf5Entity {
  keys(): string[];
  get(name: string): Hdf5Entity | null;
  create_group(name: string): Hdf5LibraryGroup;
  create_dataset(given: {
    readonly name: string;
    readonly data: Float32Array | Float64Array;
    readonly shape: number[];
    readonly dtype: string;
  }): unknown;
}

interface Hdf5File extends Hdf5LibraryGroup {
  close(): number;
}

/** An open file of the file system in memory that h5wasm has. */
interface Stream {
  stream_ops: object;
}

interface FileSystem {
  writeFile(name: string, bytes: Uint8Array): void;
  readFile(name: string): Uint8Array;
  unlink(name: string): void;
  getStream(descriptor: number): Stream;
}

/** The part of the package h5wasm that is used here. */
export interface Hdf5Library {
  readonly File: new (name: string, mode: 'r' | 'w') => Hdf5File;
  readonly ready: Promise<{ readonly FS: FileSystem }>;
}

/** h5wasm and its file system in memory. */
export interface Hdf5 {
  readonly File: Hdf5Library['File'];
  readonly files: FileSystem;
}

/**
 * Loads h5wasm, an optional peer dependency: nobody else loads or needs it.
 *
 * @throws {NormtapeError} In the name of `where`, if it is not installed, or cannot start.
 */
export async function loadHdf5(where: string): Promise<Hdf5> {
  try {
    const { default: library } = (await import('h5wasm')) as unknown as { readonly default: Hdf5Library };
    const { FS: files } = await library.ready;
    return { File: library.File, files };
  } catch (error) {
    const isMissing = (error as { readonly code?: unknown } | null)?.code === 'ERR_MODULE_NOT_FOUND';
    const message = error instanceof Error ? error.message : error;
    throw new NormtapeError({
      where,
      expected: 'the package h5wasm, which reads and writes HDF5',
      received: isMissing ? 'nothing of that name' : message,
      hint: 'Add it with npm install h5wasm.',
    });
  }
}
