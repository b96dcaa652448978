import { engine } from '../choice.js';
import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import type { Groups, Numbers } from '../numbers.js';
import { compiled } from './call.js';

/** Whether groups are rows of float32. Short rows are copied too, so that a row has the same bits alone. */
const areRows32 = (x: Numbers, { n, inner }: Groups): boolean =>
  x instanceof Float32Array && inner === 1 && n > 0;

/** Declines for float64, or for groups that are not rows. */
export const softmax: Kernels['softmax'] = (x, out, groups, steepness = 1) => {
  const ran =
    areRows32(x, groups) &&
    compiled((exports, memory) =>
      exports.softmax32(memory.read(x), memory.write(out), groups.outer, groups.n, steepness),
    );
  if (!ran) js.softmax(x, out, groups, steepness);
};

/** Declines for float64, or for groups that are not rows. */
export const logSoftmax: Kernels['logSoftmax'] = (x, out, groups) => {
  const ran =
    areRows32(x, groups) &&
    compiled((exports, memory) =>
      exports.logSoftmax32(memory.read(x), memory.write(out), groups.outer, groups.n),
    );
  if (!ran) js.logSoftmax(x, out, groups);
};

/** Declines for float64, or for groups that are not rows. */
export const softmaxBack: Kernels['softmaxBack'] = (gradient, y, out, groups) => {
  const ran =
    areRows32(y, groups) &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [g, value, to] = [memory.read(gradient), memory.read(y), memory.write(out)];
      exports.softmaxBack32(g, value, to, groups.outer, groups.n);
    });
  if (!ran) js.softmaxBack(gradient, y, out, groups);
};

/** Declines for float64, or for groups that are not rows. */
export const logSoftmaxBack: Kernels['logSoftmaxBack'] = (gradient, y, out, groups) => {
  const ran =
    areRows32(y, groups) &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [g, value, to] = [memory.read(gradient), memory.read(y), memory.write(out)];
      exports.logSoftmaxBack32(g, value, to, groups.outer, groups.n);
    });
  if (!ran) js.logSoftmaxBack(gradient, y, out, groups);
};

/** Declines for float64, or for groups that are not rows. */
export const logSumExp: Kernels['logSumExp'] = (x, groups) => {
  if (!engine() || !areRows32(x, groups)) return js.logSumExp(x, groups);
  const out = new Float64Array(groups.outer);
  const ran = compiled((exports, memory) =>
    exports.logSumExp32(memory.read(x), memory.write(out), groups.outer, groups.n),
  );
  return ran ? out : js.logSumExp(x, groups);
};

/** Declines for float64. */
export const crossEntropy: Kernels['crossEntropy'] = (x, labels, losses, gradient, n) => {
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [from, at] = [memory.read(x), memory.readIntegers(labels)];
      const [to, back] = [memory.write(losses), memory.write(gradient)];
      exports.crossEntropy32(from, at, to, back, labels.length, n, 1);
    });
  if (!ran) js.crossEntropy(x, labels, losses, gradient, n);
};
