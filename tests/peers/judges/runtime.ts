import { type NdArray, flat } from '../../../src/array/index.js';

type Numbers = Float32Array | Float64Array | BigInt64Array;

/** A tensor of ONNX Runtime. */
interface OrtTensor {
  readonly data: Numbers;
}

/** The part of onnxruntime-node that is used. */
export interface Runtime {
  readonly Tensor: new (type: string, data: Numbers, shape: readonly number[]) => OrtTensor;
  readonly InferenceSession: {
    create(
      bytes: Uint8Array,
      options?: object,
    ): Promise<{
      readonly inputNames: readonly string[];
      run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
    }>;
  };
}

/** A file as a function of arrays, and of lists of whole numbers. */
export async function session(
  { InferenceSession, Tensor }: Runtime,
  bytes: Uint8Array,
  options: object = {},
) {
  const made = await InferenceSession.create(bytes, options);
  const tensorOf = (value: NdArray | readonly number[]): OrtTensor => {
    if (Array.isArray(value))
      return new Tensor('int64', BigInt64Array.from(value as number[], BigInt), [value.length]);
    const array = value as NdArray;
    const [numbers, dtype] = [flat(array), array.dtype];
    const data = dtype === 'float32' ? Float32Array.from(numbers) : Float64Array.from(numbers);
    return new Tensor(dtype, data, array.shape);
  };
  const wanted = new Set(made.inputNames);
  return {
    inputNames: made.inputNames,
    tensorOf,
    run: (feeds: Readonly<Record<string, OrtTensor>>) =>
      made.run(Object.fromEntries(Object.entries(feeds).filter(([name]) => wanted.has(name)))),
  };
}

/** The largest difference of two lists, relative to the largest number. One of numbers below 1e-3 counts as absolute, a thousandfold: it may be all rounding. */
export function difference(actual: ArrayLike<number | bigint>, expected: NdArray): number {
  const mine = flat(expected);
  let [most, off] = [1e-3, 0];
  for (let i = 0; i < mine.length; i++) {
    most = Math.max(most, Math.abs(mine[i]!));
    const apart = Math.abs(mine[i]! - Number(actual[i]));
    off = Number.isNaN(apart) ? Infinity : Math.max(off, apart);
  }
  return mine.length === actual.length ? off / most : Infinity;
}
