import { type BySeed, type Estimate, differenceOf, estimateOf } from '../estimate.js';
import { asData } from '../recipe.js';
import type { Plan, Variant } from './plan.js';
import type { Run } from './training.js';

/** The results of a variant, over the seeds whose training did not diverge. */
export interface Rank extends Pick<Variant, 'network' | 'batchSize'> {
  readonly normalization: ReturnType<typeof asData>;
  readonly variant: string;
  /** The rate that did best on validation images. */
  readonly learningRate: number;
  /** The network that it is compared with: of the same kind, with the same batch size; undefined if that is itself. */
  readonly baseline: string | undefined;
  /** The number of trainings, including diverged ones. */
  readonly runs: number;
  readonly diverged: number;
  /** On the test samples, after the last epoch; undefined if every run diverged. */
  readonly accuracy: Estimate | undefined;
  /** The difference of the accuracy from the baseline, seed by seed. */
  readonly difference: Estimate | undefined;
  readonly loss: Estimate | undefined;
  /** Over the steps of the last epoch. */
  readonly trainLoss: Estimate | undefined;
  /** The diversity of the responses of each block; empty for a residual network. */
  readonly diversity: readonly Estimate[];
}

/** The results in the order of the plan, without variants that have no finished training. */
export const ranksOf = ({ variants, rates }: Plan, runs: readonly Run[]): readonly Rank[] =>
  variants.flatMap((variant): readonly Rank[] => {
    const { name, network, normalization, batchSize } = variant;
    const own = runs.filter(({ variant }) => variant === name);
    const sound = own.filter(({ diverged }) => diverged === undefined);
    const last = sound.map(({ epochs }) => epochs.at(-1)!);
    const blocks = sound[0]?.diversity ?? [];
    if (own.length === 0) return [];
    const first = variants.find((other) => other.network === network && other.batchSize === batchSize)!.name;
    const baseline = first === name ? undefined : first;
    return [
      {
        variant: name,
        network,
        normalization: asData(normalization),
        batchSize,
        learningRate: rates.chosen(name),
        baseline,
        runs: own.length,
        diverged: own.length - sound.length,
        accuracy: estimateOf(last.map(({ accuracy }) => accuracy)),
        difference:
          baseline === undefined
            ? undefined
            : differenceOf(accuracyBySeed(name, runs), accuracyBySeed(baseline, runs)),
        loss: estimateOf(last.map(({ loss }) => loss)),
        trainLoss: estimateOf(last.map(({ trainLoss }) => trainLoss)),
        diversity: blocks.map((_, block) => estimateOf(sound.map(({ diversity }) => diversity[block]!))!),
      },
    ];
  });

/** The test accuracy of the runs that did not diverge. */
const accuracyBySeed = (name: string, runs: readonly Run[]): BySeed =>
  new Map(
    runs.flatMap(({ variant, seed, epochs, diverged }) =>
      variant === name && diverged === undefined ? [[seed, epochs.at(-1)!.accuracy]] : [],
    ),
  );
