import type { Method } from './methods.js';
import type { ObjectiveName } from './objectives.js';
import type { Fold } from './samples.js';
import type { OodSettings } from './settings.js';
import type { Training } from './training.js';

/** All that will be done: every training under every seed. */
export interface Plan {
  readonly source: string;
  readonly folds: readonly Fold[];
  readonly methods: readonly Method[];
  readonly objectives: readonly ObjectiveName[];
  readonly settings: OodSettings;
}

/** Seed after seed, so that an interrupted experiment has tried every method as often as it can. */
export const trainingsOf = ({ folds, objectives }: Plan): readonly Training[] =>
  folds.flatMap((fold) => objectives.map((objective) => ({ objective, fold })));
