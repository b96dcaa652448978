import { NormtapeError } from '../../../error.js';
import { demandMemory, demandReportable } from '../../room.js';
import { type Values, number, numbers } from '../../../option/index.js';
import { firstSeed } from '../settings.js';

const size = (fallback: number, about: string) =>
  number(fallback, about, { min: 1, whole: true, explore: [1, 8] });

/** The settings of models and trainings: the same for all norms. */
export const SETTINGS = {
  seeds: size(2, 'How many models are trained with each norm.'),
  seed: firstSeed('batches'),
  layers: size(3, 'How many blocks a model has.'),
  depths: numbers([2, 6], 'How many blocks the models of --depth-sweep have.', {
    min: 1,
    whole: true,
    explore: [1, 4],
  }),
  hidden: size(64, 'The hidden size.'),
  heads: size(4, 'The number of attention heads.'),
  context: size(64, 'The context length, in characters.'),
  batchSize: size(8, 'The batch size, in passages of text.'),
  steps: size(400, 'How many steps a model is trained for.'),
  learningRates: numbers(
    [0.001, 0.003, 0.01],
    'The peak learning rates of Adam to try, before a cosine decay; each norm takes the best on validation text.',
    { above: 0, explore: [1e-4, 0.1] },
  ),
  warmup: number(0.05, 'The share of the steps for the warm-up of the learning rate.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  clip: number(1, 'The global norm to which gradients are clipped; 0 for no clipping.', {
    min: 0,
    explore: [0, 2],
  }),
};

/**
 * Throws if models or their results would not fit into memory, before any list of trainings is made. A block has about
 * 12 · hidden² weights; each takes 8 bytes for itself, its gradient, both averages of Adam and the new values of these.
 */
export function demandRoom(settings: Settings, variants: number, depths: readonly number[]): void {
  const { seeds, hidden, heads, context, batchSize, steps, learningRates } = settings;
  const deepest = Math.max(...depths);
  const trainings = variants * depths.length * (seeds + learningRates.length);
  const hint = 'Take fewer of --seeds, --learning-rates or --layers.';
  demandReportable('language', trainings * 21 * (5 + 2 * deepest), hint);
  if (steps * batchSize > STRETCHES) {
    const expected = `at most ${STRETCHES} stretches of text in all, --steps times --batch-size`;
    throw new NormtapeError({ where: 'language', expected, received: steps * batchSize });
  }
  const weights = deepest * 12 * hidden * (hidden + 1);
  const activations = batchSize * context * deepest * (16 * hidden + 2 * heads * context);
  const smaller = 'Take smaller --hidden, --layers, --context or --batch-size.';
  demandMemory('language', 8 * (7 * weights + activations), 'a model and a step of it', smaller);
}

/** The most stretches of text: their starts are drawn before a training, and take 4 bytes each. */
const STRETCHES = 2 ** 26;

export type Settings = Values<typeof SETTINGS>;
