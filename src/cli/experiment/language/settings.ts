import { type Values, number, numbers } from '../../../option/index.js';

const size = (fallback: number, about: string) =>
  number(fallback, about, { min: 1, whole: true, explore: [1, 8] });

/** How the models are made and trained: the same for all norms. */
export const SETTINGS = {
  seeds: size(2, 'How many models are trained with each norm.'),
  seed: number(1, 'The first seed, of weights and of what is read; the others follow it.', {
    min: 0,
    max: 2 ** 31,
    whole: true,
    explore: [0, 100],
  }),
  layers: size(3, 'How many blocks a model has.'),
  depths: numbers([2, 6, 24], 'How many blocks the models of --depth-sweep have.', {
    min: 1,
    whole: true,
    explore: [1, 4],
  }),
  hidden: size(64, 'How many numbers stand for a character.'),
  heads: size(4, 'How many heads look at once.'),
  context: size(64, 'How many characters are read at once.'),
  batchSize: size(8, 'How many stretches of the text a step reads.'),
  steps: size(400, 'How many steps a model is trained for.'),
  learningRates: numbers(
    [0.001, 0.003, 0.01],
    'The highest rates of Adam to try, after which it falls along half a cosine; each norm takes the best on validation text.',
    { above: 0, explore: [1e-4, 0.1] },
  ),
  warmup: number(0.05, 'The share of the steps in which the rate rises to it.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  clip: number(1, 'How long all gradients together may be; 0 for any length.', { min: 0, explore: [0, 2] }),
};

export type Settings = Values<typeof SETTINGS>;
