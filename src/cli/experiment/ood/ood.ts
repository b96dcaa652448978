import { NormtapeError } from '../../../error.js';
import { concat } from '../../../ops/catalog.js';
import type { Dataset } from '../../../data/index.js';
import { classHalvesOf } from '../../sweep/source.js';
import type { Terminal } from '../../terminal.js';
import { count } from '../../words.js';
import type { Experiment } from '../experiment.js';
import { asImages, atMost } from '../images.js';
import { findingsOf } from './findings.js';
import { groupsOf, methodsOf, objectivesOf } from './methods.js';
import { demandValues } from '../tuning.js';
import { type Plan, trialsOf } from './plan.js';
import { foldsOf } from './samples.js';
import { FULL, SETTINGS, demandRoom } from './settings.js';
import type { Run } from './training.js';
import { choicesOf, tuningTrials } from './tuning.js';

/** Compares how well scores of logits, and trainings for them, detect out-of-distribution samples. */
export const ood: Experiment<typeof SETTINGS, Run> = {
  name: 'ood',
  about:
    'Train without some classes, and detect their samples, noise and inverted images as out of distribution.',
  norms:
    'methods separated by commas: softmax, max_logit, decoupled_max_logit, logit_norm_loss, logit_norm, band_logit_norm, dml_plus (default: all)',
  settings: SETTINGS,
  full: FULL,
  declare: (command) =>
    void command.option('--data <source>', 'digits, or a folder of IDX files of images', 'digits'),
  plan({ settings, norms, own, flags, screen }) {
    const source = String(flags['data']);
    const [file] = [...own.values()].map(({ file }) => file);
    if (file !== undefined) {
      const expected = 'names of methods, not files of norms';
      throw new NormtapeError({ where: '--norms', expected, received: file });
    }
    const groups = groupsOf(norms);
    const methods = methodsOf(groups, settings);
    const whole = asImages('ood', wholeOf(source, settings.testShare, { screen }));
    const images = atMost(whole, settings.samples);
    demandRoom(settings, methods.length, images);
    const folds = foldsOf(images, settings);
    demandValues('--learning-rates', settings.learningRates);
    demandValues('--temperatures', settings.temperatures);
    demandValues('--scales', settings.scales);
    const objectives = objectivesOf(groups);
    const choices = choicesOf(objectives, settings);
    const plan: Plan = { source, folds, methods, objectives, choices, settings };
    return {
      summary: summaryOf(plan, whole),
      trials: [...tuningTrials(choices, folds[0]!, settings), ...trialsOf(plan)],
      conclude: (runs) => findingsOf(plan, runs),
    };
  },
};

/** Training and test samples together, since this experiment holds out classes instead. */
function wholeOf(data: string, testShare: number, screen: Pick<Terminal, 'screen'>): Dataset {
  const { train, test } = classHalvesOf({ data, testShare }, screen);
  return {
    ...train,
    features: concat([train.features, test.features]),
    labels: Int32Array.from([...train.labels, ...test.labels]),
  };
}

const summaryOf = ({ source, folds, methods, objectives, settings }: Plan, { classes }: Dataset): string =>
  `${source}: ${classes.length - settings.heldOut} of ${count(classes.length, 'class', 'classes')} to train with, ` +
  `${folds[0]!.inliers.train.labels.length} images under the first seed. ${count(methods.length, 'method')} of ` +
  `${count(objectives.length, 'training')}, ${count(settings.seeds, 'seed')}, ${count(settings.epochs, 'epoch')}.`;
