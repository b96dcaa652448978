import type { Claim } from './claim.js';
import { type NdArray, fromFlat, flat } from '../array/index.js';
import { gradcheck } from '../autograd/gradcheck/gradcheck.js';
import { Tensor, record } from '../autograd/tape.js';
import { type Norm, rule } from '../norms/norm.js';

const TOLERANCE = 1e-8;

/** The norm on tensors, x first and then the weights. */
const taped =
  (norm: Norm, names: readonly string[], ...rest: [Parameters<typeof rule>[2], Parameters<typeof rule>[3]]) =>
  (...tensors: Tensor[]) => {
    return record(norm.type, tensors, rule(norm, names, ...rest));
  };

/** The same numbers, moved until no two are equal: a maximum has no slope where two tie. */
const untied = (x: NdArray): NdArray =>
  fromFlat(
    Float64Array.from(flat(x), (value, i) => value + i / 1024),
    x.shape,
  );

/** The backward pass against differences of the forward pass. */
export const gradients: readonly Claim[] = [
  {
    name: 'gradients',
    claim:
      'Every gradient agrees with finite differences of the output, relative to the largest gradient in its row.',
    sort: 'smooth',
    dtypes: ['float64'],
    measure({ norm, given: { x, options, weights, state, training, mask, seed } }) {
      const smooth = norm.kinks ? untied(x) : x;
      if ((norm.kinks?.(smooth, options) ?? 1) <= 1e-3) return undefined;
      const f = taped(norm, Object.keys(weights), options, { training, state, mask });
      const tensors = [smooth, ...Object.values(weights)].map((value) => new Tensor(value));
      const { ok, checked, deviation, worst, findings } = gradcheck(f, tensors, {
        seed,
        tolerance: TOLERANCE,
      });
      // A row of zeros under a tiny ε looks like a corner from every side.
      if (checked === 0) return undefined;
      // All numbers here are near 1: where a gradient cancels to next to nothing, so does what is measured of it.
      const nothing = deviation > TOLERANCE && Math.abs(worst!.claimed - worst!.measured) < 1e-12;
      if (ok || nothing) return { deviation: nothing ? 0 : deviation, bound: TOLERANCE };
      // An output that cancels is rounded by the terms that cancel: beside x itself it may be next to nothing.
      const beside = gradcheck((...all) => [...f(...all), all[0]!], tensors, { seed, tolerance: TOLERANCE });
      if (beside.ok) return { deviation: beside.deviation, bound: TOLERANCE };
      const names = ['x', ...Object.keys(weights)];
      const detail = findings.join(' ').replace(/\b[Ii]nput (\d+)/g, (_, k: string) => names[Number(k)]!);
      return { deviation: Math.max(deviation, 2 * TOLERANCE), bound: TOLERANCE, detail };
    },
  },
];
