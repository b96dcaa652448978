import { type NdArray, PlainArray, type Shape, flat, sizeOf, store } from '../../array/index.js';
import { demandText } from '../../demand.js';
import { NormtapeError } from '../../error.js';
import { isPlainObject } from '../../option/index.js';
import { sizeOfStated } from '../arrays.js';
import { demandKey, joined } from '../bytes.js';
import { KINDS, type Kind, decode } from '../numbers.js';
import { demandList } from './config.js';

/** The file of a name; throws if it is missing. */
export function demandFile(where: string, files: ReadonlyMap<string, Uint8Array>, name: unknown): Uint8Array {
  demandText(`${where}: the name of a file`, name);
  const file = files.get(name);
  if (file) return file;
  throw new NormtapeError({ where, expected: `a file ${name}`, received: [...files.keys()] });
}

/** The kinds of numbers that stand for float32 in a quantized file, and whether they have a scale and a minimum. */
const QUANTIZED: Readonly<Record<string, { readonly kind: Kind; readonly isScaled: boolean }>> = {
  float16: { kind: KINDS.float16, isScaled: false },
  uint8: { kind: KINDS.uint8, isScaled: true },
  uint16: { kind: KINDS.uint16, isScaled: true },
};

/** The weights by name. All claims are compared with the bytes before any is read. */
export function readWeights(
  where: string,
  manifest: unknown,
  files: ReadonlyMap<string, Uint8Array>,
): ReadonlyMap<string, NdArray> {
  const own = `${where}: weightsManifest`;
  const weights = new Map<string, NdArray>();
  for (const group of demandList(own, manifest)) {
    const { paths, weights: specs } = isPlainObject(group) ? group : {};
    const parts = demandList(`${own}: paths`, paths).map((path) => demandFile(where, files, path));
    const total = parts.reduce((sum, { length }) => sum + length, 0);
    const stated = demandList(`${own}: weights`, specs).map((spec) => readSpec(own, spec));
    const claimed = stated.reduce((sum, { bytes }) => sum + bytes, 0);
    if (claimed !== total) {
      const hint = 'A file is cut off, or belongs to another model.';
      throw new NormtapeError({ where: own, expected: `${claimed} bytes of weights`, received: total, hint });
    }
    const data = joined(parts);
    let at = 0;
    for (const { name, shape, kind, bytes, widened } of stated) {
      if (weights.has(name))
        throw new NormtapeError({ where: own, expected: 'names that differ', received: name });
      const numbers = decode(`${own}: ${name}`, kind, data.subarray(at, at + bytes), true);
      weights.set(name, widened(new PlainArray(numbers, kind.dtype, [...shape])));
      at += bytes;
    }
  }
  return weights;
}

function readSpec(where: string, spec: unknown) {
  const { name, shape, dtype, quantization } = isPlainObject(spec) ? spec : {};
  if (typeof name !== 'string')
    throw new NormtapeError({ where, expected: 'the name of a weight', received: spec });
  demandKey(where, name);
  const own = `${where}: ${name}`;
  if (dtype !== 'float32')
    throw new NormtapeError({ where: own, expected: 'dtype float32', received: dtype });
  const { kind, meant } = storageOf(own, quantization);
  const sizes = demandList(`${own}: shape`, shape);
  const size = sizeOfStated(`${own}: shape`, sizes);
  const widened = (array: NdArray): NdArray => {
    const out = store('float32', sizeOf(array.shape));
    flat(array).forEach((value, i) => (out[i] = meant(value)));
    return new PlainArray(out, 'float32', [...array.shape]);
  };
  return { name, shape: sizes as Shape, kind, bytes: size * kind.bytes, widened };
}

/** The kind of the stored numbers, and the number that one of them stands for. */
function storageOf(where: string, quantization: unknown): { kind: Kind; meant: (stored: number) => number } {
  if (quantization === undefined) return { kind: KINDS.float32, meant: (stored) => stored };
  const { dtype, scale, min } = isPlainObject(quantization) ? quantization : {};
  const known = typeof dtype === 'string' && Object.hasOwn(QUANTIZED, dtype) ? QUANTIZED[dtype] : undefined;
  if (!known) {
    const expected = `a quantization of dtype ${Object.keys(QUANTIZED).join(', ')}`;
    throw new NormtapeError({ where, expected, received: quantization });
  }
  if (!known.isScaled) return { kind: known.kind, meant: (stored) => stored };
  if (!isFinite(scale) || !isFinite(min)) {
    const expected = `a quantization with the numbers scale and min, as ${String(dtype)} needs`;
    throw new NormtapeError({ where, expected, received: quantization });
  }
  return { kind: known.kind, meant: (stored) => stored * scale + min };
}

const isFinite = (value: unknown): value is number => Number.isFinite(value);
