import { Tuning, grid } from '../tuning.js';
import { type Choice, OBJECTIVES, type ObjectiveName } from './objectives.js';
import { type Fold, validationOf } from './samples.js';
import type { OodSettings } from './settings.js';
import { validated } from './training.js';

/** The chosen settings of each training. */
export type Choices = Tuning<Choice>;

/** Every combination of the values that an objective tries, including the learning rate. */
export const choicesOf = (objectives: readonly ObjectiveName[], settings: OodSettings): Choices =>
  new Tuning(
    objectives.flatMap((objective) =>
      grid({
        learningRate: settings.learningRates,
        temperature: [1],
        scale: [1],
        ...OBJECTIVES[objective].tried?.(settings),
      }).map((choice) => ({ method: objective, choice })),
    ),
  );

/** A training per choice, on a part of the first fold's training images, with a seed that no final training uses. */
export function tuningTrials(choices: Choices, fold: Fold, settings: OodSettings) {
  const seed = -1 - settings.seed;
  const validation = validationOf(fold, settings, seed);
  return choices.trials(
    ({ method, choice }) => `${method}, trying ${choiceInWords(method as ObjectiveName, choice)}`,
    ({ method, choice }) =>
      validated(settings, { objective: method as ObjectiveName, choice }, validation, seed),
  );
}

/** A choice as text: 'rate 0.1, temperature 0.04', with the settings that the objective tries. */
export function choiceInWords(objective: ObjectiveName, choice: Choice): string {
  const tried = Object.keys(OBJECTIVES[objective].tried?.({ temperatures: [], scales: [] }) ?? {});
  const others = (['temperature', 'scale'] as const).filter((key) => tried.includes(key));
  return [`rate ${choice.learningRate}`, ...others.map((key) => `${key} ${choice[key]}`)].join(', ');
}
