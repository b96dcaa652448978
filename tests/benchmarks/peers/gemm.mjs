// ndarray-gemm, an earlier library for products of ndarrays.
import ndarray from 'ndarray';
import gemm from 'ndarray-gemm';
import { read } from '../harness/read.mjs';
import { serve } from '../harness/serve.mjs';
import { versionOf } from '../harness/version.mjs';

serve(versionOf('ndarray-gemm'), {
  matmul({ inputs: { a, b } }) {
    // Its time per element does not depend on the size, and larger products would take seconds.
    if (a.shape[0] > 256) return undefined;
    const [left, right] = [ndarray(read(a), a.shape), ndarray(read(b), b.shape)];
    const shape = [a.shape[0], b.shape[1]];
    const out = ndarray(new Float32Array(shape[0] * shape[1]), shape);
    const step = () => gemm(out, left, right);
    return {
      step,
      results() {
        step();
        return [out.data];
      },
    };
  },
});
