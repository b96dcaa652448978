import type { Split } from '../../data/index.js';
import { NormtapeError, suggest } from '../../error.js';
import type { StatedNormalization } from '../../models/normalization.js';
import { normalization } from '../../norms/layer.js';
import type { GivenTo, Norm } from '../../norms/norm.js';
import { shapePreservingTypes } from '../../norms/normalizations.js';
import { type StatedConfig, demandConfigurations } from '../configurations.js';
import { readJson } from '../files.js';
import { knownWith } from '../norms/known.js';
import { NO_OWN_NORMS, type OwnNorms, splitNames, typesOf } from '../norms/named.js';
import type { Settings } from './settings.js';

/** A normalization to train with, by the name that tables call it. */
export interface Variant {
  readonly name: string;
  readonly config: StatedConfig;
  /** Of a norm of one's own; left out: a built-in type. */
  readonly definition?: Norm;
}

/** All that a sweep will do: every variant with every seed. */
export interface Plan {
  readonly name: string;
  readonly source: string;
  readonly split: Split;
  readonly variants: readonly Variant[];
  readonly settings: Settings;
}

/** The one that the others are compared with. */
export const BASELINE = 'none';

/** One network to train. */
export interface Training {
  readonly variant: Variant;
  readonly seed: number;
}

/** Seed after seed, so that an interrupted sweep has tried every variant as often as it can. */
export const trainings = ({ variants, settings: { seed, seeds } }: Plan): readonly Training[] =>
  Array.from({ length: seeds }, (_, i) => variants.map((variant) => ({ variant, seed: seed + i }))).flat();

/** The variants asked for: types with commas between them, and the configurations of a file. */
export function variantsOf(
  norms: string | undefined,
  file: string | undefined,
  own: OwnNorms = NO_OWN_NORMS,
): readonly Variant[] {
  const types =
    norms === undefined
      ? file
        ? [BASELINE]
        : [BASELINE, ...shapePreservingTypes]
      : typesOf(splitNames(norms), own);
  const all = knownWith(own);
  const configured = file === undefined ? {} : demandConfigurations(file, readJson(file), all);
  const variants = [
    ...types.map((type) => ({ name: type, config: { type }, where: '--norms' })),
    ...Object.entries(configured).map(([name, config]) => ({ name, config, where: `${file}: ${name}.type` })),
  ];
  variants.forEach(({ name, config: { type }, where }, i) => {
    const known: readonly string[] = [BASELINE, ...all.shapePreservingTypes];
    if (!known.includes(type)) {
      const expected = `one of ${known.join(', ')}, which keep the shape of their input`;
      throw new NormtapeError({ where, expected, received: type, hint: suggest(type, known) });
    }
    if (variants.findIndex((other) => other.name === name) !== i) {
      throw new NormtapeError({ where, expected: 'each name once', received: name });
    }
  });
  return variants.map(({ name, config }) => {
    const found = own.get(config.type);
    return found
      ? { name, config: wholeConfig(found.norm, config), definition: found.norm }
      : { name, config };
  });
}

/** A configuration of a norm of one's own with its defaults, which nobody could look up in the package afterwards. */
function wholeConfig(norm: Norm, { type, ...given }: StatedConfig): StatedConfig {
  return { ...normalization(norm, given as GivenTo<Norm>).options, type };
}

/** A variant as a model takes it. Its configuration was checked before. */
export function normalizationOf({ config, definition }: Variant): StatedNormalization {
  if (!definition) return config as StatedNormalization;
  const options = Object.entries(config).filter(([key]) => key !== 'type');
  return { ...Object.fromEntries(options), definition } as StatedNormalization;
}
