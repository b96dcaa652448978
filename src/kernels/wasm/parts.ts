import * as js from '../js/index.js';
import type { Kernels } from '../kernels.js';
import { compiled } from './call.js';

// Short buffers are copied too, so that a row has the same bits alone.

/** Declines for float64. */
export const partDots: Kernels['partDots'] = (x, w, groups, sums) => {
  const n = w.length;
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [from, by, to] = [memory.read(x), memory.read(w), memory.write(sums)];
      exports.partDots32(from, by, to, x.length / n, n, groups);
    });
  if (!ran) js.partDots(x, w, groups, sums);
};

/** Declines for float64. */
export const partDotsBack: Kernels['partDotsBack'] = (x, w, groups, t, ofX, ofW) => {
  const n = w.length;
  const ran =
    x instanceof Float32Array &&
    compiled((exports, memory) => {
      const [from, by, at] = [memory.read(x), memory.read(w), memory.read(t)];
      const [dx, dw] = [memory.update(ofX), memory.update(ofW)];
      exports.partDotsBack32(from, by, at, dx, dw, memory.room(exports.rowsWork(n)), x.length / n, n, groups);
    });
  if (!ran) js.partDotsBack(x, w, groups, t, ofX, ofW);
};

/** Declines for float64. */
export const partGains: Kernels['partGains'] = (task, out) => {
  const { a, t, s, c, groups } = task;
  const n = s.length;
  const ran =
    a instanceof Float32Array &&
    compiled((exports, memory) => {
      const [from, at, by, added] = [memory.read(a), memory.read(t), memory.read(s), memory.read(c)];
      exports.partGains32(from, at, by, added, memory.write(out), a.length / n, n, groups);
    });
  if (!ran) js.partGains(task, out);
};

/** Declines for float64. */
export const partGainsBack: Kernels['partGainsBack'] = (task, gradient, outgoing) => {
  const { a, t, s, c, groups } = task;
  const n = s.length;
  const ran =
    a instanceof Float32Array &&
    gradient instanceof Float32Array &&
    compiled((exports, memory) => {
      const [dy, from, at] = [memory.read(gradient), memory.read(a), memory.read(t)];
      const [by, added] = [memory.read(s), memory.read(c)];
      const [da, dt] = [memory.write(outgoing.ofA), memory.write(outgoing.ofT)];
      const [ds, dc] = [memory.update(outgoing.ofS), memory.update(outgoing.ofC)];
      const work = memory.room(exports.rowsWork(n));
      exports.partGainsBack32(dy, from, at, by, added, da, dt, ds, dc, work, a.length / n, n, groups);
    });
  if (!ran) js.partGainsBack(task, gradient, outgoing);
};
