import type { Case, Input } from './cases.js';

const TOLERANCE = { float64: 1e-9, float32: 3e-4 };

/** A difference from PyTorch that is our choice, with its reason; the docs of the op state it. */
interface Choice {
  readonly because: string;
  readonly ops: readonly string[];
  allows(ours: number, theirs: number): boolean;
}

const CHOICES: readonly Choice[] = [
  {
    because: 'ours is finite, while PyTorch overflows in between or multiplies 0 by ∞',
    ops: [
      ...['div', 'pow', 'mean', 'sum', 'variance', 'logSumExp', 'gelu', 'geluTanh', 'silu'],
      ...['meanSquaredError', 'binaryCrossEntropy', 'klDivergence', 'crossEntropy'],
    ],
    allows: (ours, theirs) => Number.isFinite(ours) && !Number.isFinite(theirs),
  },
  {
    because: 'an overflowing result is ∞, while PyTorch returns NaN because of a 0 in between',
    ops: ['binaryCrossEntropy', 'div', 'sum', 'mean'],
    allows: (ours, theirs) => Math.abs(ours) === Infinity && Number.isNaN(theirs),
  },
  {
    because: 'only the NaN is the largest and the smallest, and the other number gets 0',
    ops: ['maximum', 'minimum'],
    allows: () => true,
  },
  {
    because: 'a NaN has no sign, and propagates',
    ops: ['abs', 'meanAbsoluteError'],
    allows: (ours, theirs) => Number.isNaN(ours) && theirs === 0,
  },
  {
    because: 'numbers in a group with an ∞ have no distance to its mean',
    ops: ['variance'],
    allows: (ours, theirs) => !Number.isFinite(ours) && !Number.isFinite(theirs),
  },
  {
    because: 'the gradient of the exponent of a negative number is 0, but NaN in PyTorch',
    ops: ['pow'],
    allows: (_, theirs) => Number.isNaN(theirs),
  },
  {
    because: 'shares of Σ eˣ sum to 1, while PyTorch loses ln n relative to a large x',
    ops: ['logSumExp'],
    allows: (ours, theirs) => Math.abs(ours) <= Math.abs(theirs),
  },
];

/** Ops that add numbers of very different magnitudes, in edge cases. */
const SUMS = ['sum', 'mean', 'variance'];

export type Verdict = 'agree' | { readonly because: string } | { readonly difference: string };

/** Compares the value and the gradients of one case. */
export function compare(
  { op, dtype, mode, inputs, seed }: Case,
  ours: readonly Input[],
  theirs: readonly Input[],
): Verdict {
  let choice: Choice | undefined;
  const names = ['value', ...theirs.slice(1).map((_, i) => `gradient ${i}`)];
  for (const [i, name] of names.entries()) {
    const [a, b] = [ours[i]!, theirs[i]!];
    if (JSON.stringify(a.shape) !== JSON.stringify(b.shape))
      return { difference: `${name}: shape [${a.shape.join()}], PyTorch [${b.shape.join()}]` };
    const finite = (data: Float64Array): number[] => [...data].filter(Number.isFinite).map(Math.abs);
    // If terms cancel, only the rounding of the terms is compared; values negligible relative to 1 are not compared at
    // all.
    const parts = Math.max(0, ...finite(b.data), ...(seed && mode === 'plain' ? finite(seed.data) : []));
    const sum = SUMS.includes(op) ? Math.max(0, ...inputs.flatMap(({ data }) => finite(data))) : 0;
    const size = mode === 'plain' ? parts : Math.max(1, sum);
    for (const [p, mine] of a.data.entries()) {
      const other = b.data[p]!;
      if (Object.is(mine, other) || mine === other) continue;
      const tiny = dtype === 'float64' ? 1e-307 : 1e-37;
      if (Math.abs(mine - other) <= TOLERANCE[dtype] * (Math.abs(other) + size) + tiny) continue;
      const swallowed =
        op !== 'crossEntropy' && // An ignored row may contain NaN.
        inputs.length === 1 &&
        inputs[0]!.data.length === a.data.length &&
        Number.isNaN(inputs[0]!.data[p]) &&
        Number.isFinite(mine);
      choice = swallowed
        ? undefined
        : CHOICES.find(({ ops, allows }) => ops.includes(op) && allows(mine, other));
      if (!choice) return { difference: `${name}[${p}]: ${mine}, PyTorch ${other}` };
    }
  }
  return choice ? { because: choice.because } : 'agree';
}
