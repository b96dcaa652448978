import type { Kernels } from '../../kernels.js';
import * as general from '../softmax.js';
import { max } from './reduce.js';
import { unrolledFor } from './set.js';

// Rows are written out; the general loops run if groups are no rows.

export const softmax: Kernels['softmax'] = (x, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? unrolledFor(x, out) : undefined;
  if (!loops) return general.softmax(x, out, groups);
  const largest = max(x, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    loops.divideRow(n, out, p, loops.powerOfRow(n, x, p, largest[o]!, out));
  }
};

export const logSoftmax: Kernels['logSoftmax'] = (x, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? unrolledFor(x, out) : undefined;
  if (!loops) return general.logSoftmax(x, out, groups);
  const largest = max(x, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    const most = largest[o]!;
    loops.lessBoth(n, x, p, most, Math.log(loops.sumPowers(n, x, p, most)), out);
  }
};

export const softmaxBack: Kernels['softmaxBack'] = (gradient, y, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? unrolledFor(y, gradient, out) : undefined;
  if (!loops) return general.softmaxBack(gradient, y, out, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    loops.softmaxPull(n, gradient, y, p, loops.dotRow(n, gradient, p, y, p), out);
  }
};

export const logSoftmaxBack: Kernels['logSoftmaxBack'] = (gradient, y, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? unrolledFor(y, gradient, out) : undefined;
  if (!loops) return general.logSoftmaxBack(gradient, y, out, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    loops.logSoftmaxPull(n, gradient, y, p, loops.sumRow(n, gradient, p), out);
  }
};
