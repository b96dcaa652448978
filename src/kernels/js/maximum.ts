import type { Kernels } from '../kernels.js';

export const maximumBack: Kernels['maximumBack'] = (gradient, x, level, ofX, ofLevel) => {
  const n = level.length;
  for (let from = 0; from < x.length; from += n) {
    for (let j = 0, p = from; j < n; j++, p++) {
      const [g, value, least] = [gradient[p]!, x[p]!, level[j]!];
      const left = value < least ? g : value === least ? g / 2 : 0;
      ofX[p] = value < least ? 0 : value === least ? left : g;
      ofLevel[j]! += left;
    }
  }
};
