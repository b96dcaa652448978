import type { NdArray } from '../array/index.js';
import { NormtapeError } from '../error.js';
import { type Given, flag, number, resolve } from '../option/index.js';
import { type Writable, readNamed } from './arrays.js';
import { type Bytes, readBytes } from './bytes.js';
import { readArrayFile, writeArrayFile } from './npy.js';
import { demandPath, unzip, zip } from './zip.js';

const READING = {
  largest: number(2 ** 30, 'How many bytes all arrays may have together.', {
    min: 0,
    whole: true,
    explore: [0, 2 ** 30],
  }),
};

/** The options of `readNpz`; each has a default. */
export type ReadNpzOptions = Given<typeof READING>;

const WRITING = { compressed: flag(false, 'Whether the arrays are compressed, which takes longer.') };

/** The options of `writeNpz`; each has a default. */
export type WriteNpzOptions = Given<typeof WRITING>;

const ENDING = '.npy';

/**
 * Reads arrays by name from NumPy's archive, an .npz file: each as `readNpy` does.
 *
 * @throws {NormtapeError} If the archive or an array in it is malformed, or if it is larger than `largest` when
 * unpacked.
 */
export function readNpz(bytes: Bytes, options?: ReadNpzOptions): Record<string, NdArray> {
  const where = 'readNpz';
  const { largest } = resolve(where, READING, options);
  const files = unzip(where, readBytes(where, 'an .npz file', bytes), largest);
  return Object.fromEntries(
    [...files].map(([file, content]) => {
      const name = file.slice(0, -ENDING.length);
      if (!file.endsWith(ENDING) || name === '' || name === '__proto__') {
        throw new NormtapeError({
          where,
          expected: `files that are named after an array, ${ENDING}`,
          received: file,
        });
      }
      return [name, readArrayFile(`${where}: ${name}`, content)];
    }),
  );
}

/**
 * The bytes of an .npz file of these arrays, which `numpy.load` reads.
 *
 * @throws {NormtapeError} If a value is no array, or a name cannot be that of a file.
 */
export function writeNpz(
  arrays: Readonly<Record<string, Writable>>,
  options?: WriteNpzOptions,
): Uint8Array<ArrayBuffer> {
  const where = 'writeNpz';
  const { compressed } = resolve(where, WRITING, options);
  const files = readNamed(where, arrays).map(([name, array]) => {
    demandPath(where, `${name}${ENDING}`);
    return [`${name}${ENDING}`, writeArrayFile(array)] as const;
  });
  return zip(Object.fromEntries(files), compressed);
}
