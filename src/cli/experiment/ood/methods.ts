import { demandNames } from '../names.js';
import type { ObjectiveName } from './objectives.js';
import { decoupledName } from './readings.js';
import { OUTLIERS } from './samples.js';
import type { OodSettings } from './settings.js';
import type { Run, Scores } from './training.js';

/** A method that scores samples, to tell inliers from outliers. */
export interface Method {
  readonly name: string;
  /** The name of the method and its relatives in --norms. */
  readonly group: Group;
  /**
   * Whether it reads logits, as the layers of the package do, or the features before them, as Zhang and Xiang (2023)
   * do.
   */
  readonly sees: 'logits' | 'features';
  /** The readings that it uses: one, or two that are rescaled and added. */
  readonly readings: readonly Reading[];
}

interface Reading {
  readonly objective: ObjectiveName;
  readonly name: string;
}

const GROUPS = {
  softmax: ['cross_entropy'],
  max_logit: ['cross_entropy'],
  decoupled_max_logit: ['cross_entropy'],
  logit_norm_loss: ['logit_norm'],
  logit_norm: ['logit_norm'],
  band_logit_norm: ['band_logit_norm'],
  dml_plus: ['focal', 'center'],
} as const satisfies Readonly<Record<string, readonly ObjectiveName[]>>;

type Group = keyof typeof GROUPS;

/**
 * The groups with these names; all by default.
 * @throws if a name is unknown.
 */
export const groupsOf = (norms: readonly string[] = Object.keys(GROUPS)): readonly Group[] =>
  demandNames(norms, Object.keys(GROUPS)) as readonly Group[];

/** The training objectives that these groups need, each once. */
export const objectivesOf = (groups: readonly Group[]): readonly ObjectiveName[] => [
  ...new Set(groups.flatMap((group): readonly ObjectiveName[] => GROUPS[group])),
];

/** All methods of these groups. */
export function methodsOf(
  groups: readonly Group[],
  { constants }: Pick<OodSettings, 'constants'>,
): readonly Method[] {
  const one = (group: Group, objective: ObjectiveName, name: string): Method => ({
    name,
    group,
    sees: name.endsWith(' of features') ? 'features' : 'logits',
    readings: [{ objective, name }],
  });
  const decoupled = ['max_cosine', 'max_norm', ...constants.map(decoupledName)];
  const heads = (suffix: string): readonly Reading[] => [
    { objective: 'focal', name: `dml_plus_focal${suffix}` },
    { objective: 'center', name: `dml_plus_center${suffix}` },
  ];
  const pair = (suffix: string, sees: Method['sees']): readonly Method[] => [
    ...heads(suffix).map(({ objective, name }) => one('dml_plus', objective, name)),
    { name: `dml_plus${suffix}`, group: 'dml_plus', sees, readings: heads(suffix) },
  ];
  const all = [
    one('softmax', 'cross_entropy', 'softmax'),
    one('max_logit', 'cross_entropy', 'max_logit'),
    ...decoupled.map((name) => one('decoupled_max_logit', 'cross_entropy', name)),
    one('logit_norm_loss', 'logit_norm', 'logit_norm_loss'),
    one('logit_norm', 'logit_norm', 'logit_norm'),
    one('band_logit_norm', 'band_logit_norm', 'band_logit_norm'),
    ...pair('', 'logits'),
    ...decoupled.map((name) => one('decoupled_max_logit', 'cross_entropy', `${name} of features`)),
    ...pair(' of features', 'features'),
  ];
  return all.filter(({ group }) => groups.includes(group));
}

/**
 * The scores of a method under one seed; undefined if a training that it needs did not finish, or diverged. Two
 * readings are divided by their mean magnitudes over the training samples and added. The authors divide by sums over
 * the test inliers: for positive scores this is the same up to a factor, but a negative mean would reverse the order.
 */
export function scoresOf({ readings }: Method, seed: number, runs: readonly Run[]): Scores | undefined {
  const found = readings.flatMap(({ objective, name }) => {
    const run = runs.find((run) => run.objective === objective && run.seed === seed);
    return run?.readings[name] ?? [];
  });
  if (found.length < readings.length) return undefined;
  const [first, ...others] = found as [Scores, ...Scores[]];
  return others.length === 0 ? first : { ...added(found), calibrationError: first.calibrationError };
}

function added(parts: readonly Scores[]): Omit<Scores, 'calibrationError'> {
  const means = parts.map(
    ({ train }) => train.reduce((sum, score) => sum + Math.abs(score), 0) / train.length,
  );
  const sum = (of: (part: Scores) => readonly number[]): readonly number[] =>
    of(parts[0]!).map((_, i) => parts.reduce((total, part, j) => total + of(part)[i]! / means[j]!, 0));
  return {
    train: sum(({ train }) => train),
    inliers: sum(({ inliers }) => inliers),
    outliers: Object.fromEntries(
      OUTLIERS.map((set) => [set, sum(({ outliers }) => outliers[set])]),
    ) as Scores['outliers'],
  };
}
