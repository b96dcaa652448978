import type { Kernels } from '../../kernels.js';
import * as float32 from '../generated/float32.js';
import * as float64 from '../generated/float64.js';
import * as general from '../softmax.js';
import { max } from './reduce.js';
import { loopsFor } from './set.js';

const SOFTMAX = {
  float32: { divideRow: float32.divideRow, powerOfRow: float32.powerOfRow },
  float64: { divideRow: float64.divideRow, powerOfRow: float64.powerOfRow },
};

const LOG_SOFTMAX = {
  float32: { lessBoth: float32.lessBoth, sumPowers: float32.sumPowers },
  float64: { lessBoth: float64.lessBoth, sumPowers: float64.sumPowers },
};

const SOFTMAX_BACK = {
  float32: { softmaxPull: float32.softmaxPull, dotRow: float32.dotRow },
  float64: { softmaxPull: float64.softmaxPull, dotRow: float64.dotRow },
};

const LOG_SOFTMAX_BACK = {
  float32: { logSoftmaxPull: float32.logSoftmaxPull, sumRow: float32.sumRow },
  float64: { logSoftmaxPull: float64.logSoftmaxPull, sumRow: float64.sumRow },
};

// Rows are written out; the general loops run if groups are no rows.

export const softmax: Kernels['softmax'] = (x, out, groups, steepness = 1) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 && steepness === 1 ? loopsFor(SOFTMAX, x, out) : undefined;
  if (!loops) return general.softmax(x, out, groups, steepness);
  const largest = max(x, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    loops.divideRow(n, out, p, loops.powerOfRow(n, x, p, largest[o]!, out));
  }
};

export const logSoftmax: Kernels['logSoftmax'] = (x, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? loopsFor(LOG_SOFTMAX, x, out) : undefined;
  if (!loops) return general.logSoftmax(x, out, groups);
  const largest = max(x, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    const most = largest[o]!;
    loops.lessBoth(n, x, p, most, Math.log(loops.sumPowers(n, x, p, most)), out);
  }
};

export const softmaxBack: Kernels['softmaxBack'] = (gradient, y, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? loopsFor(SOFTMAX_BACK, y, gradient, out) : undefined;
  if (!loops) return general.softmaxBack(gradient, y, out, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    loops.softmaxPull(n, gradient, y, p, loops.dotRow(n, gradient, p, y, p), out);
  }
};

export const logSoftmaxBack: Kernels['logSoftmaxBack'] = (gradient, y, out, groups) => {
  const { outer, n, inner } = groups;
  const loops = inner === 1 ? loopsFor(LOG_SOFTMAX_BACK, y, gradient, out) : undefined;
  if (!loops) return general.logSoftmaxBack(gradient, y, out, groups);
  for (let o = 0, p = 0; o < outer; o++, p += n) {
    loops.logSoftmaxPull(n, gradient, y, p, loops.sumRow(n, gradient, p), out);
  }
};
