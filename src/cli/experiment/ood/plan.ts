import type { Method } from './methods.js';
import type { ObjectiveName } from './objectives.js';
import type { Fold } from './samples.js';
import type { OodSettings } from './settings.js';
import { type Run, train } from './training.js';
import type { Choices } from './tuning.js';
import type { Trial } from '../experiment.js';

/** The plan of an experiment: every training with every seed. */
export interface Plan {
  readonly source: string;
  readonly folds: readonly Fold[];
  readonly methods: readonly Method[];
  readonly objectives: readonly ObjectiveName[];
  readonly choices: Choices;
  readonly settings: OodSettings;
}

/** The trials, seed after seed, so that an interrupted experiment has run every method about equally often. */
export const trialsOf = ({ folds, objectives, choices, settings }: Plan): readonly Trial<Run>[] =>
  folds.flatMap((fold) =>
    objectives.map((objective) => ({
      name: objective,
      *run() {
        return yield* train(settings, { objective, fold, choice: choices.chosen(objective) });
      },
    })),
  );
