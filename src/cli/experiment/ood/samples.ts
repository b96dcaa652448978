import { Random } from '../../../array/index.js';
import type { Tensor } from '../../../autograd/tape.js';
import { type Dataset, type Split, pick, split } from '../../../data/index.js';
import { NormtapeError } from '../../../error.js';
import { gaussianLike, inverted, noiseLike } from '../images.js';
import type { OodSettings } from './settings.js';

/** The sets of out-of-distribution samples, by their names in tables. */
export const OUTLIERS = ['held-out classes', 'noise', 'inverted'] as const;

export type Outliers = (typeof OUTLIERS)[number];

/** The samples of one seed. */
export interface Fold {
  readonly seed: number;
  /** The names of the classes that training never sees. */
  readonly heldOut: readonly string[];
  /** Samples of the other classes, which are numbered again from 0. */
  readonly inliers: Split;
  readonly outliers: Readonly<Record<Outliers, Tensor>>;
}

/**
 * One fold per seed. The classes are shuffled once and held out in turn, so that each is held out about equally often.
 * The outliers are: all samples of the held-out classes; as many noise images as there are test inliers, made of
 * shuffled pixels of the training images; and the inverted test inliers.
 * @throws if fewer than two classes or too few samples remain.
 */
export function foldsOf(images: Dataset, settings: OodSettings): readonly Fold[] {
  const { seeds, seed, heldOut, testShare } = settings;
  const { classes, labels } = images;
  if (heldOut > classes.length - 2) {
    const expected = `at most ${classes.length - 2} of ${classes.length} classes, so that two are left`;
    throw new NormtapeError({ where: '--held-out', expected, received: heldOut });
  }
  const order = new Random(seed).permutation(classes.length);
  return Array.from({ length: seeds }, (_, i) => {
    const out = Array.from({ length: heldOut }, (_, j) => order[(i * heldOut + j) % classes.length]!);
    const rows = (held: boolean) =>
      Array.from(labels.keys()).filter((row) => out.includes(labels[row]!) === held);
    const [kept, held] = [rows(false), rows(true)];
    if (kept.length < 2 || held.length < 1) {
      const hint = 'Some classes may have no sample; use more samples.';
      const expected = 'at least 2 samples of the trained classes, and 1 of the others';
      throw new NormtapeError({ where: 'ood', expected, received: [kept.length, held.length], hint });
    }
    const inliers = split(renumbered(images, kept, out), { testShare, seed: seed + i });
    return {
      seed: seed + i,
      heldOut: [...out].sort((a, b) => a - b).map((label) => classes[label]!),
      inliers,
      outliers: {
        'held-out classes': pick(images, held).features,
        noise: noiseLike(inliers.train.features, inliers.test.labels.length, seed + i),
        inverted: inverted(inliers.test.features),
      },
    };
  });
}

/** The validation data that choose settings; none of its samples is a test sample. */
export interface Validation {
  readonly inliers: Split;
  /** As many images of Gaussian noise as there are validation inliers, with which Wei et al. (2022) choose T. */
  readonly noise: Tensor;
}

/** Validation data: a share of the training images of a fold. */
export function validationOf(
  { inliers: { train } }: Fold,
  { testShare }: OodSettings,
  seed: number,
): Validation {
  const inliers = split(train, { testShare, seed });
  return { inliers, noise: gaussianLike(inliers.train.features, inliers.test.labels.length, seed) };
}

/** The samples in these rows, with the remaining classes numbered from 0. */
function renumbered(images: Dataset, rows: readonly number[], out: readonly number[]): Dataset {
  const left = Array.from(images.classes.keys()).filter((label) => !out.includes(label));
  const picked = pick(images, rows);
  return {
    ...picked,
    labels: picked.labels.map((label) => left.indexOf(label)),
    classes: left.map((label) => images.classes[label]!),
  };
}
