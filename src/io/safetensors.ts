import { type NdArray, PlainArray } from '../array/index.js';
import { isList } from '../demand.js';
import { NormtapeError, suggest } from '../error.js';
import { isPlainObject } from '../option/index.js';
import { utf8Of } from '../utf8.js';
import { type Writable, readNamed, readTexts, sizeOfStated } from './arrays.js';
import { type Bytes, joined, readBytes, readText, viewOf } from './bytes.js';
import { parseObject } from './json-text.js';
import { KINDS, type Kind, decode, encode } from './numbers.js';

/** The kinds of numbers by their names in a header. Kinds of 8 bits and less have none: no array here can hold them. */
const DTYPES: Readonly<Record<string, Kind>> = {
  F64: KINDS.float64,
  F32: KINDS.float32,
  F16: KINDS.float16,
  BF16: KINDS.bfloat16,
  I64: KINDS.int64,
  I32: KINDS.int32,
  I16: KINDS.int16,
  I8: KINDS.int8,
  U64: KINDS.uint64,
  U32: KINDS.uint32,
  U16: KINDS.uint16,
  U8: KINDS.uint8,
  BOOL: KINDS.bool,
};

/** The longest header, as in the format's own reader. */
const LONGEST_HEADER = 100_000_000;

const METADATA = '__metadata__';

/** The content of a safetensors file. */
export interface Safetensors {
  /** The arrays by name, in the order of the header, as plain data. */
  readonly tensors: Record<string, NdArray>;
  /** The texts that the file has beside them. */
  readonly metadata: Record<string, string>;
}

/** A tensor as the header states it. */
interface Stated {
  readonly name: string;
  readonly kind: Kind;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/**
 * Reads a safetensors file (https://github.com/huggingface/safetensors). F32 and F64 keep every bit; F16 and BF16
 * become float32; integers and BOOL become float64.
 *
 * @throws {NormtapeError} If the file violates the format: bytes that belong to no tensor or to two, a repeated name, a
 * shape that does not match its bytes; if a tensor has another dtype, or an integer that float64 cannot represent.
 * Sizes are checked before memory is allocated.
 */
export function readSafetensors(bytes: Bytes): Safetensors {
  const where = 'readSafetensors';
  const file = readBytes(where, 'a safetensors file', bytes);
  const { [METADATA]: metadata = {}, ...header } = readHeader(where, file);
  const data = file.subarray(8 + headerLength(where, file));
  const stated = Object.entries(header).map(([name, entry]) => readEntry(`${where}: ${name}`, name, entry));
  demandWhole(where, stated, data.length);
  return {
    metadata: readTexts(`${where}: ${METADATA}`, metadata),
    tensors: Object.fromEntries(
      stated.map(({ name, kind, shape, begin, end }) => {
        const numbers = decode(`${where}: ${name}`, kind, data.subarray(begin, end), true);
        return [name, new PlainArray(numbers, kind.dtype, [...shape])];
      }),
    ),
  };
}

function headerLength(where: string, file: Uint8Array): number {
  const expected = 'a safetensors file, which starts with the length of its header';
  if (file.length < 8) throw new NormtapeError({ where, expected, received: `${file.length} bytes` });
  const length = viewOf(file).getBigUint64(0, true);
  const most = Math.min(LONGEST_HEADER, file.length - 8);
  if (length <= most) return Number(length);
  const received = `a claim of ${length} bytes`;
  const hint =
    length > LONGEST_HEADER ? 'The file has another format.' : 'The file is cut off, or has another format.';
  throw new NormtapeError({ where, expected: `a header of at most ${most} bytes`, received, hint });
}

function readHeader(where: string, file: Uint8Array): Readonly<Record<string, unknown>> {
  const at = `${where}: header`;
  const text = readText(at, file.subarray(8, 8 + headerLength(where, file)));
  return parseObject(at, text);
}

const ENTRY = ['dtype', 'shape', 'data_offsets'];

function readEntry(where: string, name: string, entry: unknown): Stated {
  if (!isPlainObject(entry) || Object.keys(entry).sort().join() !== [...ENTRY].sort().join()) {
    const expected = `an object of ${ENTRY.join(', ')}`;
    throw new NormtapeError({ where, expected, received: entry });
  }
  const { dtype, shape, data_offsets: offsets } = entry;
  const kind = typeof dtype === 'string' && Object.hasOwn(DTYPES, dtype) ? DTYPES[dtype] : undefined;
  if (!kind) {
    const known = Object.keys(DTYPES);
    const hint = suggest(dtype, known);
    throw new NormtapeError({ where, expected: `a dtype among ${known.join(', ')}`, received: dtype, hint });
  }
  if (!isList(shape)) throw new NormtapeError({ where, expected: 'a list as the shape', received: shape });
  const size = sizeOfStated(`${where}: shape`, shape) * kind.bytes;
  const [begin, end, ...more] = isList(offsets) ? offsets : [];
  const isRange = isOffset(begin) && isOffset(end) && end >= begin && more.length === 0;
  if (!isRange) {
    const expected = 'two whole numbers in order as data_offsets';
    throw new NormtapeError({ where, expected, received: offsets });
  }
  if (end - begin !== size) {
    const expected = `${size} bytes for the shape ${JSON.stringify(shape)} of ${String(dtype)}`;
    throw new NormtapeError({ where, expected, received: `${end - begin} bytes` });
  }
  return { name, kind, shape: shape as readonly number[], begin, end };
}

const isOffset = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

/** Throws unless each byte after the header belongs to one tensor. */
function demandWhole(where: string, stated: readonly Stated[], length: number): void {
  let at = 0;
  for (const { name, begin, end } of [...stated].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at) {
      const expected = `data that begins at byte ${at}, where the previous tensor ends`;
      throw new NormtapeError({ where: `${where}: ${name}`, expected, received: begin });
    }
    at = end;
  }
  if (at === length) return;
  const hint = at > length ? 'The file is cut off.' : 'The file has more bytes after its tensors.';
  throw new NormtapeError({ where, expected: `${at} bytes of data`, received: length, hint });
}

/**
 * The bytes of a safetensors file of these arrays: F32 or F64, as each is, and texts as metadata. `readSafetensors`
 * reads every bit back.
 *
 * @throws {NormtapeError} If a value is no array, or a name cannot be written.
 */
export function writeSafetensors(
  tensors: Readonly<Record<string, Writable>>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const where = 'writeSafetensors';
  const arrays = readNamed(where, tensors);
  const texts = readTexts(`${where}: metadata`, metadata);
  if (arrays.some(([name]) => name === METADATA)) {
    const expected = `names other than ${METADATA}, which the format reserves`;
    throw new NormtapeError({ where, expected, received: METADATA });
  }
  // Wider numbers come first, so that each lies at a multiple of its size.
  const inOrder = [...arrays].sort(
    ([, a], [, b]) => Number(b.dtype === 'float64') - Number(a.dtype === 'float64'),
  );
  const parts = inOrder.map(([, array]) => encode(array));
  let at = 0;
  const entries = inOrder.map(([name, { dtype, shape }], i) => {
    const begin = at;
    at += parts[i]!.length;
    return [name, { dtype: dtype === 'float64' ? 'F64' : 'F32', shape, data_offsets: [begin, at] }] as const;
  });
  const stated = Object.keys(texts).length ? [[METADATA, texts] as const] : [];
  const text = utf8Of(JSON.stringify(Object.fromEntries([...stated, ...entries])));
  if (text.length > LONGEST_HEADER - 8) {
    const expected = `names and metadata of at most ${LONGEST_HEADER} bytes`;
    throw new NormtapeError({ where, expected, received: text.length });
  }
  const header = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(SPACE);
  header.set(text);
  const length = new Uint8Array(8);
  viewOf(length).setBigUint64(0, BigInt(header.length), true);
  return joined([length, header, ...parts]);
}

const SPACE = 32;
