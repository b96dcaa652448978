import { type Curve, curves } from '../curves.js';
import type { Kernels } from '../kernels.js';

export const curve: Kernels['curve'] = (name, x, out) => {
  const { value } = curves[name];
  for (let i = 0; i < out.length; i++) out[i] = value(x[i]!);
};

export const curveBack: Kernels['curveBack'] = (name, g, x, y, out) => {
  const { back }: Curve = curves[name];
  for (let i = 0; i < out.length; i++) out[i] = back(g[i]!, x[i]!, y[i]!);
};
