import type { Kernels } from '../kernels.js';

export const partDots: Kernels['partDots'] = (x, w, groups, sums) => {
  const m = w.length / groups;
  for (let part = 0, p = 0; part < sums.length; part++) {
    let sum = 0;
    for (let i = (part % groups) * m, end = i + m; i < end; i++, p++) sum += x[p]! * w[i]!;
    sums[part] = sum;
  }
};

export const partDotsBack: Kernels['partDotsBack'] = (x, w, groups, t, ofX, ofW) => {
  const m = w.length / groups;
  for (let part = 0, p = 0; part < t.length; part++) {
    const factor = t[part]!;
    for (let i = (part % groups) * m, end = i + m; i < end; i++, p++) {
      ofX[p]! += factor * w[i]!;
      ofW[i]! += factor * x[p]!;
    }
  }
};

export const partGains: Kernels['partGains'] = ({ a, t, s, c, groups }, out) => {
  const m = s.length / groups;
  for (let part = 0, p = 0; part < t.length; part++) {
    const factor = t[part]!;
    for (let i = (part % groups) * m, end = i + m; i < end; i++, p++)
      out[p] = a[p]! * (factor * s[i]! + c[i]!);
  }
};

export const partGainsBack: Kernels['partGainsBack'] = (
  { a, t, s, c, groups },
  gradient,
  { ofA, ofT, ofS, ofC },
) => {
  const m = s.length / groups;
  for (let part = 0, p = 0; part < t.length; part++) {
    const factor = t[part]!;
    let sum = 0;
    for (let i = (part % groups) * m, end = i + m; i < end; i++, p++) {
      const g = gradient[p]!;
      const along = g * a[p]!;
      ofA[p] = g * (factor * s[i]! + c[i]!);
      ofS[i]! += factor * along;
      ofC[i]! += along;
      sum += along * s[i]!;
    }
    ofT[part] = sum;
  }
};
