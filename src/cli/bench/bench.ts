import { setImmediate } from 'node:timers/promises';
import { type Dtype, type KernelSet, type Shape, kernelInfo, setKernels } from '../../array/index.js';
import type { Norm } from '../../norms/norm.js';
import { type Failure, failureOf, failureText } from '../failures.js';
import { exitCodeOf } from '../interruption.js';
import { type Terminal, linesOf } from '../terminal.js';
import { bar } from '../progress.js';
import { subjectsOf } from '../norms/named.js';
import { normalizationTypes } from '../../norms/normalizations.js';
import { count, duration } from '../words.js';
import { type Timing, interleaved } from './clock.js';
import { contendersAt, typeIn } from './passes.js';
import { excess, limited } from './limits.js';
import { ranked } from './ranking.js';
import { table } from './table.js';

/** The flags of `normtape bench`. */
export interface BenchFlags {
  readonly widths: readonly number[];
  readonly elements: number;
  readonly rounds: number;
  readonly milliseconds: number;
  readonly seed: number;
  readonly dtype: Dtype;
  readonly kernels: KernelSet | 'auto';
  readonly json?: boolean;
}

/** Ranks norms by the time that they take, and prints the ranking; returns the exit code. */
export async function bench(
  named: readonly string[],
  flags: BenchFlags,
  terminal: Terminal,
): Promise<number> {
  const { widths, elements, rounds, dtype, json } = flags;
  const norms = await subjectsOf(named, normalizationTypes);
  const before = kernelInfo().kernels;
  setKernels(flags.kernels);
  const { kernels } = kernelInfo();
  const started = performance.now();
  const failures = new Map<string, Failure>();
  const onError = (type: string, error: unknown): void => {
    if (failures.has(type)) return;
    const failure = failureOf(type, 'timing', error);
    failures.set(type, failure);
    terminal.tell(failureText(failure));
  };
  const screen = json ? undefined : terminal.screen;
  const timings = await timed(norms, flags, onError, { ...terminal, screen }).finally(() =>
    setKernels(before),
  );
  terminal.supervisor?.acknowledge();
  if (timings.length < widths.length) {
    terminal.tell('Interrupted: nothing is ranked before all widths are measured.');
    return exitCodeOf(terminal.interrupted);
  }
  const sound = norms.filter(({ type }) => !failures.has(type));
  const types = sound.map(({ type }) => type);
  const ranking = limited(ranked(types, timings), sound);
  const code = failures.size > 0 ? 1 : 0;
  if (json) {
    const failed = [...failures.values()];
    const content = { kernels, dtype, elements, widths, rounds, norms: ranking, failures: failed };
    terminal.print(linesOf(JSON.stringify(content, undefined, 2)));
    return code;
  }
  if (sound.length === 0) return code;
  const time = duration((performance.now() - started) / 1000);
  terminal.print(linesOf(table(ranking, widths)));
  terminal.print([
    `Time of forward / forward and backward, in copies of x: ${elements} numbers in ${dtype} in rows of each width, ${PLACES} rows per sample.`,
    `${count(sound.length, 'norm')} with the ${kernels} kernels, ranked by the geometric mean of forward and backward; medians of ${count(rounds, 'round')}, in ${time}. Norms of one rank cannot be told apart; more --rounds tell more.`,
    ...[excess(ranking) ?? []].flat(),
  ]);
  return code;
}

/** The rows of a sample, for norms that work on whole samples or on all positions of a channel. */
const PLACES = 32;

function shapeOf(elements: number, width: number): Shape {
  const rows = Math.max(1, Math.round(elements / width));
  const samples = Math.max(1, Math.round(rows / PLACES));
  return [samples, Math.max(1, Math.round(rows / samples)), width];
}

/** The timings at each width, fewer after an interruption. Calls `onError` for each norm that throws. */
async function timed(
  norms: readonly Norm[],
  { widths, elements, rounds, milliseconds, seed, dtype }: BenchFlags,
  onError: (type: string, error: unknown) => void,
  terminal: Terminal,
): Promise<readonly ReadonlyMap<string, Timing>[]> {
  const watcher = bar(widths.length, terminal);
  const timings: ReadonlyMap<string, Timing>[] = [];
  try {
    for (const width of widths) {
      watcher.start(`width ${width}`);
      const contenders = contendersAt(shapeOf(elements, width), norms, dtype, seed, onError);
      const pace = { rounds, milliseconds, seed };
      const steps = interleaved(contenders, {
        ...pace,
        onError: (name, error) => onError(typeIn(name), error),
      });
      let step = steps.next();
      while (!step.done) {
        watcher.step(step.value);
        await setImmediate();
        if (terminal.interrupted.aborted) return timings;
        step = steps.next();
      }
      timings.push(step.value);
    }
  } finally {
    watcher.stop();
  }
  return timings;
}
