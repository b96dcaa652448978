import type { Method } from './methods.js';
import type { ObjectiveName } from './objectives.js';
import type { Fold } from './samples.js';
import type { OodSettings } from './settings.js';
import { type Run, train } from './training.js';
import type { Choices } from './tuning.js';
import type { Trial } from '../experiment.js';

/** All that will be done: every training under every seed. */
export interface Plan {
  readonly source: string;
  readonly folds: readonly Fold[];
  readonly methods: readonly Method[];
  readonly objectives: readonly ObjectiveName[];
  readonly choices: Choices;
  readonly settings: OodSettings;
}

/** Seed after seed, so that an interrupted experiment has tried every method as often as it can. */
export const trialsOf = ({ folds, objectives, choices, settings }: Plan): readonly Trial<Run>[] =>
  folds.flatMap((fold) =>
    objectives.map((objective) => ({
      name: objective,
      *run() {
        return yield* train(settings, { objective, fold, choice: choices.chosen(objective) });
      },
    })),
  );
