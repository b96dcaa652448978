import { mobyDick } from '../../../data/index.js';
import { built } from '../../failures.js';
import { readText } from '../../files.js';
import { count } from '../../words.js';
import type { Asked, Experiment } from '../experiment.js';
import { demandValues } from '../tuning.js';
import { corpusOf } from './corpus.js';
import { comparison, depths } from './findings.js';
import { type Run, train, tryModel } from './run.js';
import { SETTINGS, demandRoom } from './settings.js';
import { usedBy } from './recipes.js';
import { ratesOf, tunedName, tuningTrials } from './tuning.js';
import { PLACEMENTS, type Variant, variantsOf } from './variants.js';

const FOUR = ['layer_norm', 'rms_norm', 'zero_centered_rms_norm', 'band_rms'];

/** One norm in every placement, pre-norm first. */
const PLACED = PLACEMENTS.map((placement) => `layer_norm:${placement}`);

/** Small models for which depth matters: the full learning rate from the first step on, and no clipping. */
const DEPTHS = {
  seeds: 2,
  hidden: 32,
  heads: 2,
  context: 32,
  batchSize: 16,
  steps: 200,
  learningRates: [0.003],
  warmup: 0,
  clip: 0,
};

const ALL_DEPTHS = { seeds: 3, depths: [2, 6, 24], steps: 300 };

/** Trains a character-level transformer on Moby-Dick, or on your own text, with one norm after another. */
export const language: Experiment<typeof SETTINGS, Run> = {
  name: 'language',
  about: 'Train a character-level transformer on Moby-Dick with each norm.',
  norms: `types separated by commas; none for no norm; type:placement for a placement other than pre (${PLACEMENTS.join(', ')}); type:plain to ignore the recipe of its paper; type:scaled to learn a scale of the embeddings; type:untied for an output matrix that is not tied to the embeddings (default: ${FOUR.join(',')})`,
  settings: SETTINGS,
  full: { seeds: 4, layers: 4, hidden: 96, context: 96, steps: 1000 },
  preset: ({ depthSweep, full }) => (depthSweep ? { ...DEPTHS, ...(full ? ALL_DEPTHS : {}) } : {}),
  declare: (command) =>
    void command
      .option('--text <file>', 'the training text, in UTF-8 (default: Moby-Dick)')
      .option('--depth-sweep', 'train models of several depths, by default with one norm in every placement'),
  plan({ settings, norms, own, flags }: Asked<typeof SETTINGS>) {
    const file = flags['text'] as string | undefined;
    const sweep = flags['depthSweep'] === true;
    const asked = variantsOf(norms ?? (sweep ? PLACED : FOUR), own);
    const layers = sweep ? [...new Set(settings.depths)] : [settings.layers];
    demandRoom(settings, asked.length, layers);
    const corpus = corpusOf(
      file ?? 'Moby-Dick',
      file === undefined ? mobyDick() : readText(file),
      settings.context,
    );
    demandValues('--learning-rates', settings.learningRates);
    // Variants that no model can use are reported before any work begins.
    const { sound: variants, failures } = built(
      asked,
      ({ name }) => name,
      (variant) => tryModel(corpus, settings, { variant, seed: settings.seed }),
    );
    const rates = ratesOf(variants, layers, settings);
    const trials = Array.from({ length: settings.seeds }, (_, i) => settings.seed + i).flatMap((seed) =>
      layers.flatMap((depth) =>
        variants.map((variant: Variant) => ({
          name: sweep ? `${variant.name}, ${count(depth, 'block')}` : variant.name,
          weight: depth,
          *run() {
            const learningRate = rates.chosen(tunedName(variant, depth));
            return yield* train(corpus, settings, { variant, seed, layers: depth, learningRate });
          },
        })),
      ),
    );
    return {
      summary: [
        `${file ?? 'Moby-Dick'}: ${corpus.size.train} characters to train with, ${corpus.size.test} held out, ${corpus.characters.alphabet.length} different ones.`,
        `${count(variants.length, 'variant')}, ${count(settings.seeds, 'seed')}, ${sweep ? `models of ${layers.join(', ')} blocks` : count(settings.layers, 'block')} of ${settings.hidden} numbers, ${count(settings.steps, 'step')} of ${settings.batchSize} × ${settings.context} characters.`,
      ].join(' '),
      trials: [...tuningTrials(rates, variants, layers, corpus, settings), ...trials],
      failures,
      conclude(runs: readonly Run[]) {
        const used = usedBy(variants, layers, rates, settings);
        const told = { variants, seeds: settings.seeds, corpus, used, rates };
        return sweep ? depths(told, layers, runs) : comparison(told, settings.layers, runs);
      },
    };
  },
};
