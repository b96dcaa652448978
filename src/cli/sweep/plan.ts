import { Random } from '../../array/index.js';
import { type AnyDataset, type Split, countOf, split } from '../../data/index.js';
import { NormtapeError, suggest } from '../../error.js';
import type { StatedNormalization } from '../../models/normalization.js';
import { normalization } from '../../norms/layer.js';
import type { GivenTo, Norm } from '../../norms/norm.js';
import {
  type ShapePreservingType,
  norms as builtIn,
  shapePreservingTypes,
} from '../../norms/normalizations.js';
import { suggestShapePreserving } from '../../norms/names.js';
import { type StatedConfig, demandConfigurations } from '../configurations.js';
import type { Failure } from '../failures.js';
import { readJson } from '../read-json.js';
import { knownWith } from '../norms/known.js';
import { NO_OWN_NORMS, type OwnNorms, splitNames, typesOf } from '../norms/named.js';
import type { Settings } from './settings.js';
import type { Samples } from './task.js';

/** Whether a norm takes [samples, features]; some need steps too. */
function takesRows(type: ShapePreservingType): boolean {
  const norm: Norm = builtIn[type];
  return (norm.accepts?.([2, 4], normalization(norm).options as never) ?? true) === true;
}

/** A normalization to train with, under its name in tables. */
export interface Variant {
  readonly name: string;
  readonly config: StatedConfig;
  /** The definition of your own norm; undefined for a built-in type. */
  readonly definition?: Norm;
}

/** The plan of a sweep: every variant with every learning rate, then with every seed at the rate it chose. */
export interface Plan {
  readonly name: string;
  readonly source: string;
  readonly split: Samples;
  /** The guesses and changes made when the data were read. */
  readonly notes: readonly string[];
  /** The training samples in two parts, to choose a learning rate; undefined if there is only one rate. */
  readonly tuning: Split<AnyDataset> | undefined;
  readonly variants: readonly Variant[];
  /** The requested variants that cannot be built. */
  readonly failures?: readonly Failure[];
  /** The name of the variant that the others are compared with. */
  readonly baseline: string;
  readonly settings: Settings;
}

/** The default baseline, if it is trained. */
const BASELINE = 'none';

/** The word for every type that a model can use, and no normalization. */
const ALL = 'all';

/** The types that a sweep compares if it is given none: all would take several times as long. */
const DEFAULT_TYPES = [
  'adaptive_band_rms',
  'band_logit_norm',
  'band_rms',
  'batch_norm',
  'dynamic_tanh',
  'global_response_norm',
  'group_norm',
  'layer_norm',
  'logit_norm',
  'max_logit_norm',
  'rms_norm',
  'zero_centered_rms_norm',
] as const satisfies readonly ShapePreservingType[];

/** One network to train. */
export interface Training {
  readonly stage: 'tuning' | 'final';
  readonly variant: Variant;
  readonly learningRate: number;
  readonly seed: number;
}

/** The training samples of a training, and the samples that it is measured on. */
export const samplesOf = ({ split, tuning }: Plan, { stage }: Pick<Training, 'stage'>): Split<AnyDataset> =>
  stage === 'tuning' ? tuning! : split;

/** The training samples in two parts, if there is a learning rate to choose. */
export function tuningOf({ train }: Samples, settings: Settings): Split<AnyDataset> | undefined {
  const { learningRates, validationShare, seed } = settings;
  if (learningRates.length < 2) return undefined;
  const count = countOf(train);
  if (count < 2) {
    const expected = 'at least 2 samples to train on, one of them for choosing the learning rate';
    const hint = 'With --learning-rate, none is chosen. Some samples were set aside for testing.';
    throw new NormtapeError({ where: 'sweep', expected, received: count, hint });
  }
  return split(train, { testShare: validationShare, seed });
}

/** The number of steps of a final run. */
export const stepsOf = ({ train }: Samples, { epochs, batchSize }: Settings): number =>
  epochs * Math.ceil(countOf(train) / batchSize);

/** The trainings that choose learning rates, seed after seed; the final trainings use other seeds. */
export function tunings({ variants, settings }: Plan): readonly Training[] {
  const { learningRates, tuningSeeds, seed } = settings;
  if (learningRates.length < 2) return [];
  const seeds = new Random(seed);
  return Array.from({ length: tuningSeeds }, () => seeds.seed()).flatMap((drawn) =>
    variants.flatMap((variant) =>
      learningRates.map((learningRate) => ({ stage: 'tuning', variant, learningRate, seed: drawn }) as const),
    ),
  );
}

/** The final trainings, seed after seed, so that an interrupted sweep has tried all variants equally often. */
export const finals = ({
  variants,
  settings: { seed, seeds },
}: Plan): readonly Omit<Training, 'learningRate'>[] =>
  Array.from({ length: seeds }, (_, i) =>
    variants.map((variant) => ({ stage: 'final', variant, seed: seed + i }) as const),
  ).flat();

/** The number of networks to train in all. */
export const trainingCount = (plan: Plan): number =>
  tunings(plan).length + plan.variants.length * plan.settings.seeds;

/** The name of the baseline: the variant named, or none, or the first. */
export function baselineOf(variants: readonly Variant[], named: string | undefined): string {
  const names = variants.map(({ name }) => name);
  if (named === undefined) return names.find((name) => name === BASELINE) ?? names[0]!;
  if (names.includes(named)) return named;
  const expected = `one of the normalizations of the sweep, ${names.join(', ')}`;
  throw new NormtapeError({ where: '--baseline', expected, received: named, hint: suggest(named, names) });
}

/** The requested variants: types separated by commas, and the configurations of a file. */
export function variantsOf(
  norms: string | undefined,
  file: string | undefined,
  own: OwnNorms = NO_OWN_NORMS,
): readonly Variant[] {
  const types =
    norms === undefined
      ? file
        ? [BASELINE]
        : [BASELINE, ...DEFAULT_TYPES]
      : typesOf(splitNames(norms), own).flatMap((name) =>
          name === ALL ? [BASELINE, ...shapePreservingTypes.filter(takesRows)] : [name],
        );
  const all = knownWith(own);
  const configured = file === undefined ? {} : demandConfigurations(file, readJson(file), all);
  const variants = [
    ...types.map((type) => ({ name: type, config: { type }, where: '--norms' })),
    ...Object.entries(configured).map(([name, config]) => ({ name, config, where: `${file}: ${name}.type` })),
  ];
  const known: readonly string[] = [BASELINE, ...all.shapePreservingTypes];
  const names = new Set<string>();
  for (const {
    name,
    config: { type },
    where,
  } of variants) {
    if (!known.includes(type)) {
      const expected = `one of ${known.join(', ')}, which keep the shape of their input`;
      const hint = suggestShapePreserving(type, Object.values(all.norms), known);
      throw new NormtapeError({ where, expected, received: type, hint });
    }
    if (names.has(name)) throw new NormtapeError({ where, expected: 'each name once', received: name });
    names.add(name);
  }
  return variants.map(({ name, config }) => {
    const found = own.get(config.type);
    return found
      ? { name, config: wholeConfig(found.norm, config), definition: found.norm }
      : { name, config };
  });
}

/** The configuration of your own norm with its defaults filled in, which the package could not look up later. */
function wholeConfig(norm: Norm, { type, ...given }: StatedConfig): StatedConfig {
  return { ...normalization(norm, given as GivenTo<Norm>).options, type };
}

/** The variant as the normalization option of a model. Its configuration was checked before. */
export function normalizationOf({ config, definition }: Variant): StatedNormalization {
  if (!definition) return config as StatedNormalization;
  const options = Object.entries(config).filter(([key]) => key !== 'type');
  return { ...Object.fromEntries(options), definition } as StatedNormalization;
}
