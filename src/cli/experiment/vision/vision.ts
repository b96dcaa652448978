import { classHalvesOf } from '../../sweep/source.js';
import { built } from '../../failures.js';
import { count } from '../../words.js';
import type { Experiment } from '../experiment.js';
import { asImages, atMost } from '../images.js';
import { findingsOf } from './findings.js';
import { type Plan, trainingsOf, variantsOf } from './plan.js';
import { demandValues } from '../tuning.js';
import { ratesOf, tuningTrials, weightOf } from './tuning.js';
import { FULL, SETTINGS, demandRoom } from './settings.js';
import { type Run, tryNetwork, train } from './training.js';

/** Compares ConvNeXt V2 with and without response normalization, and norms at several batch sizes. */
export const vision: Experiment<typeof SETTINGS, Run> = {
  name: 'vision',
  about:
    'Train a small ConvNeXt V2 with global_response_norm and without, and a residual network at several batch sizes.',
  norms: 'the norms of the residual network, separated by commas, or none (default: batch_norm, group_norm)',
  settings: SETTINGS,
  full: FULL,
  declare: (command) =>
    void command.option('--data <source>', 'digits, or a folder of IDX files of images', 'digits'),
  plan({ settings, norms, own, flags, screen }) {
    const source = String(flags['data']);
    demandRoom(settings, norms?.length ?? 2);
    const { testShare, samples } = settings;
    const halves = classHalvesOf({ data: source, testShare }, { screen });
    const images = (half: 'train' | 'test') => atMost(asImages('vision', halves[half]), samples);
    const split = { train: images('train'), test: images('test') };
    demandValues('--learning-rates', settings.learningRates);
    demandValues('--convnext-rates', settings.convnextRates);
    const { sound: variants, failures } = built(
      variantsOf(norms, settings, own),
      ({ name }) => name,
      (variant) => tryNetwork({ split, settings }, variant),
    );
    const plan: Plan = { source, split, variants, rates: ratesOf(variants, settings), settings };
    return {
      summary: summaryOf(plan),
      trials: [
        ...tuningTrials(plan),
        ...trainingsOf(plan).map(({ variant, seed }) => ({
          name: variant.name,
          weight: weightOf(variant),
          *run() {
            return yield* train(plan, { variant, seed, learningRate: plan.rates.chosen(variant.name) });
          },
        })),
      ],
      failures,
      conclude: (runs) => findingsOf(plan, runs),
    };
  },
};

const summaryOf = ({ source, split: { train, test }, variants, settings }: Plan): string =>
  `${source}: ${train.labels.length} images of ${train.features.shape.slice(1, 3).join('×')} to train with, ` +
  `${test.labels.length} to test. ${count(variants.length, 'network')}, ${count(settings.seeds, 'seed')}; ` +
  `${count(settings.convnextEpochs, 'epoch')} of ConvNeXt V2, ${settings.epochs} of a residual network.`;
