import { type NdArray, SMALLEST_NORMAL, copy, finite, scale } from '../array/index.js';
import { type GradcheckReport, gradcheck } from '../autograd/gradcheck/gradcheck.js';
import type { Tensor } from '../autograd/tape.js';
import type { Computation, Run } from './computation.js';
import type { Measure, Trying } from './runner.js';
import { gap } from './trials.js';

// The claims of every norm and every module, each stated once, for any computation with gradients.

type Arrays = readonly NdArray[];

/** A claim about any computation. */
export interface Owed extends Omit<Trying<Computation>, 'measure'> {
  /** Whether it holds only if gradients are linear in the seeds, as they are unless a rule approximates them. */
  readonly linear?: boolean;
  measure(computation: Computation): Measure;
}

/** The gradients for the seeds of the run times a factor. */
const gradients = ({ seeds, pull }: Run, factor = 1): Arrays =>
  Object.values(pull(factor === 1 ? seeds : seeds.map((seed) => scale(seed, factor))));

const resultsOf = (run: Run): Arrays => [...run.outputs, ...(run.state ?? []), ...gradients(run)];

/** The claims that hold to the bit, or nearly, for ordinary numbers. */
export const owed: readonly Owed[] = [
  {
    name: 'nothingWritten',
    claim: 'No input, weight, statistic, mask or seed is overwritten.',
    measure({ given, run }) {
      const first = run();
      const watched = [...given, ...first.seeds, ...first.outputs];
      const before = watched.map(copy);
      gradients(run());
      gradients(first);
      return { deviation: gap(watched, before), bound: 0 };
    },
  },
  {
    name: 'repeatable',
    claim: 'Running it twice, forward and backward, gives the same bits.',
    measure({ run }) {
      const one = run();
      const first = resultsOf(one);
      return { deviation: Math.max(gap(resultsOf(one), first), gap(resultsOf(run()), first)), bound: 0 };
    },
  },
  {
    name: 'linearPullback',
    linear: true,
    claim:
      'The gradient is linear in the seed (the gradient of the output): a seed of 0 gives 0, and 2 or −1 times a seed gives exactly 2 or −1 times the gradient, except for subnormal numbers.',
    measure({ dtype, run }) {
      const made = run();
      const one = gradients(made);
      const off = [0, 2, -1].map((factor) =>
        gap(
          gradients(made, factor),
          one.map((g) => scale(g, factor)),
        ),
      );
      return { deviation: Math.max(...off), bound: SMALLEST_NORMAL[dtype] };
    },
  },
];

/** Whether outputs and gradients are finite; the detail names the arrays that are not. */
export function finiteness({ run }: Computation): Measure {
  const made = run();
  const bad = [
    ...(made.outputs.every(finite) ? [] : ['the output']),
    ...Object.entries(made.pull(made.seeds)).flatMap(([name, g]) =>
      finite(g) ? [] : [`the gradient of ${name}`],
    ),
  ];
  return bad.length === 0
    ? { deviation: 0, bound: 0 }
    : { deviation: Infinity, bound: 0, detail: `Not finite: ${bad.join(', ')}.` };
}

const TOLERANCE = 1e-8;

/** The name and the text of the claim that `slopes` measures. */
export const SLOPES = {
  name: 'gradients',
  claim:
    'Every gradient agrees with finite differences of the output, relative to the largest gradient in its row.',
} as const;

/** How the gradients of a function are checked. */
interface Slopes {
  readonly seed: number;
  /** The names of the inputs. */
  readonly names: readonly string[];
  /** Whether an error may be measured relative to the first input too, if an output nearly cancels. */
  readonly relativeToInput?: boolean;
}

/** Checks the gradients of a function against finite differences; undefined if it is smooth nowhere. */
export function slopes(
  f: (...tensors: Tensor[]) => readonly Tensor[],
  tensors: readonly Tensor[],
  { seed, names, relativeToInput = false }: Slopes,
): Measure | undefined {
  const check = (of: typeof f): GradcheckReport => gradcheck(of, tensors, { seed, tolerance: TOLERANCE });
  const { ok, checked, deviation, worst, findings } = check(f);
  // A row of zeros under a tiny ε looks like a corner from every side.
  if (checked === 0) return undefined;
  // All numbers here are near 1: if a gradient nearly cancels, so does its measurement.
  const nothing = deviation > TOLERANCE && Math.abs(worst!.claimed - worst!.measured) < 1e-12;
  if (ok || nothing) return { deviation: nothing ? 0 : deviation, bound: TOLERANCE };
  // An output that nearly cancels is rounded like the terms that cancel: relative to x itself the error may be negligible.
  const withInput = relativeToInput && check((...all) => [...f(...all), all[0]!]);
  if (withInput && withInput.ok) return { deviation: withInput.deviation, bound: TOLERANCE };
  const detail = findings.join(' ').replace(/\b[Ii]nput (\d+)/g, (_, k: string) => names[Number(k)]!);
  return { deviation: Math.max(deviation, 2 * TOLERANCE), bound: TOLERANCE, detail };
}
