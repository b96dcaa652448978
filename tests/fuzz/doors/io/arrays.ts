import fc from 'fast-check';
import { type NdArray, tensor } from '../../../../src/index.js';
import {
  readNpy,
  readNpz,
  readSafetensors,
  writeNpy,
  writeNpz,
  writeSafetensors,
} from '../../../../src/io/index.js';
import { type Door, door } from '../../door.js';
import { changed } from './changes.js';

/** The arrays in words, to compare them. */
export const text = (arrays: Readonly<Record<string, NdArray>>): string =>
  JSON.stringify(
    Object.entries(arrays).map(([name, { shape, dtype, data }]) => [
      name,
      shape,
      dtype,
      [...data].map(String),
    ]),
  );

export function demand(holds: boolean, law: string): void {
  if (!holds) throw new Error(law);
}

const arrays = {
  a: tensor([1, NaN, -0]),
  b: tensor([[1e300, -Infinity]], { dtype: 'float64' }),
  none: tensor([], { shape: [0, 2] }),
};

/** The header of a safetensors file, from parts that mostly fit. */
const header = fc
  .array(
    fc.record({
      name: fc.constantFrom('a', 'b', 'c', '__proto__', '__metadata__', 'constructor', ''),
      dtype: fc.constantFrom('F32', 'F32', 'F64', 'F16', 'BF16', 'I64', 'U8', 'BOOL', 'F8_E5M2', 'toString'),
      shape: fc.constantFrom<unknown>(
        [2],
        [2],
        [1, 2],
        [],
        [0],
        [-1],
        [1e300, 1e300],
        [2 ** 31, 2 ** 31],
        [0.5],
        '2',
        null,
      ),
      gap: fc.constantFrom(0, 0, 0, 0, 1, -4, 2 ** 53),
    }),
    { maxLength: 4 },
  )
  .chain((entries) =>
    fc.record({ entries: fc.constant(entries), stray: fc.constantFrom(0, 0, 0, 1, -1), fill: fc.nat(255) }),
  )
  .map(({ entries, stray, fill }) => {
    const sizes: Readonly<Record<string, number>> = { F32: 4, F64: 8, F16: 2, BF16: 2, I64: 8 };
    let at = 0;
    const stated = entries.map(({ name, dtype, shape, gap }) => {
      const size = Array.isArray(shape) ? (shape as number[]).reduce((product, n) => product * n, 1) : 1;
      const begin = at + gap;
      at = begin + size * (sizes[dtype] ?? 1);
      return `${JSON.stringify(name)}:${JSON.stringify({ dtype, shape, data_offsets: [begin, at] })}`;
    });
    const json = new TextEncoder().encode(`{${stated.join()}}`);
    const length = Number.isFinite(at) && at > 0 && at < 1000 ? at + stray : 0;
    const bytes = new Uint8Array(8 + json.length + Math.max(0, length)).fill(fill);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
    bytes.set(json, 8);
    return bytes;
  });

const safetensors = door({
  name: 'safetensors',
  input: fc.oneof(
    { weight: 2, arbitrary: changed([writeSafetensors(arrays, { made: 'here' })]) },
    { weight: 1, arbitrary: header },
  ),
  enter(bytes) {
    const { tensors, metadata } = readSafetensors(bytes);
    const again = readSafetensors(writeSafetensors(tensors, metadata));
    const byName = (one: Readonly<Record<string, NdArray>>) =>
      text(Object.fromEntries(Object.entries(one).sort()));
    demand(byName(again.tensors) === byName(tensors), 'what was read can be written and read');
  },
});

const npy = door({
  name: 'npy',
  input: changed(Object.values(arrays).map(writeNpy)),
  enter(bytes) {
    const array = readNpy(bytes);
    demand(
      text({ array: readNpy(writeNpy(array)) }) === text({ array }),
      'what was read can be written and read',
    );
  },
});

const npz = door({
  name: 'npz',
  input: changed([writeNpz(arrays), writeNpz(arrays, { compressed: true })]),
  enter(bytes) {
    const read = readNpz(bytes, { largest: 10_000 });
    demand(text(readNpz(writeNpz(read))) === text(read), 'what was read can be written and read');
  },
});

/** The doors of files of arrays. */
export const ofArrays: readonly Door[] = [safetensors, npy, npz];
