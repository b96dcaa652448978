import { type Spread, spreadOf } from '../../spread.js';
import type { Plan, Variant } from './plan.js';
import type { Run } from './training.js';

/** How a variant did, over the seeds whose training did not diverge. */
export interface Rank extends Pick<Variant, 'network' | 'normalization' | 'batchSize'> {
  readonly variant: string;
  /** How many trainings ended, the diverged ones included. */
  readonly runs: number;
  readonly diverged: number;
  /** Of the test samples, after the last epoch; undefined where every run diverged. */
  readonly accuracy: Spread | undefined;
  readonly loss: Spread | undefined;
  /** Over the steps of the last epoch. */
  readonly trainLoss: Spread | undefined;
  /** Of the responses of each block; empty of a residual network. */
  readonly diversity: readonly Spread[];
}

/** In the order of the plan, without variants of which no training ended. */
export const ranksOf = ({ variants }: Plan, runs: readonly Run[]): readonly Rank[] =>
  variants.flatMap(({ name, network, normalization, batchSize }): readonly Rank[] => {
    const own = runs.filter(({ variant }) => variant === name);
    const sound = own.filter(({ diverged }) => diverged === undefined);
    const last = sound.map(({ epochs }) => epochs.at(-1)!);
    const blocks = sound[0]?.diversity ?? [];
    if (own.length === 0) return [];
    return [
      {
        variant: name,
        network,
        normalization,
        batchSize,
        runs: own.length,
        diverged: own.length - sound.length,
        accuracy: spreadOf(last.map(({ accuracy }) => accuracy)),
        loss: spreadOf(last.map(({ loss }) => loss)),
        trainLoss: spreadOf(last.map(({ trainLoss }) => trainLoss)),
        diversity: blocks.map((_, block) => spreadOf(sound.map(({ diversity }) => diversity[block]!))!),
      },
    ];
  });
