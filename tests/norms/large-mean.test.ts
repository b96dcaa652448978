import { expect } from 'chai';
import { flat } from '../../src/array/index.js';
import { createNormalizationLayer, kernelInfo, randomNormal, setKernels } from '../../src/index.js';

/** Mean 10⁴ and deviation 1: the mean has eleven bits more than what is left without it. */
const MEAN = 1e4;

/** PyTorch is off by 2e-3 here, since its statistics are rounded relative to the mean. */
const BOUND = 2e-6;

/** The same rows normalized in float64, where eleven bits of 53 do no harm. */
function exact(x: ArrayLike<number>, width: number, epsilon: number): Float64Array {
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += width) {
    const row = Float64Array.from({ length: width }, (_, i) => x[start + i]!);
    const mean = row.reduce((sum, value) => sum + value) / width;
    const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    row.forEach((value, i) => (y[start + i] = (value - mean) / Math.sqrt(variance + epsilon)));
  }
  return y;
}

describe('layer_norm in float32 where the mean is ten thousand deviations', () => {
  const before = kernelInfo().kernels;
  afterEach(() => setKernels(before));

  for (const set of kernelInfo().available) {
    it(`is off by at most ${BOUND} with the ${set} kernels`, () => {
      setKernels(set);
      // Widths that are and that are not a multiple of a vector, and one that is less.
      for (const [rows, width] of [
        [64, 768],
        [16, 1024],
        [16, 1023],
        [64, 67],
        [64, 3],
      ] as const) {
        const x = randomNormal([rows, width], { seed: width, mean: MEAN });
        const layer = createNormalizationLayer('layer_norm', { epsilon: 1e-5 });
        const near = flat(layer.forward(x).value);
        const errors = exact(flat(x.value), width, 1e-5).map((value, i) => Math.abs(value - near[i]!));
        expect(Math.max(...errors), `${rows}×${width}`).to.be.at.most(BOUND);
      }
    });
  }
});
