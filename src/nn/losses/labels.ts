import { type NdArray, type Source, expecting, flat, fromFlat, sameShape, store } from '../../array/index.js';
import { readArray } from '../../autograd/state.js';
import { Tensor } from '../../autograd/tape.js';
import { NormtapeError } from '../../error.js';
import { add, mul } from '../../ops/catalog.js';
import { number } from '../../option/index.js';
import { demandPredictions } from './loss.js';

/** The options of losses over classes. */
export const LABELS = {
  labelSmoothing: number(0, 'The share of each target that is spread evenly over the classes.', {
    min: 0,
    max: 1,
    explore: [0, 0.5],
  }),
  ignoreIndex: number(NaN, 'An integer label that does not count; left out, there is none.', {
    whole: true,
    explore: [-1, 0],
  }),
};

/** Class labels: integers, one fewer axis than the logits or in one list, or a tensor of probabilities. */
export type Labels = Source | Tensor;

interface LabelSettings {
  readonly labelSmoothing: number;
  readonly ignoreIndex: number;
}

/** The meaning of labels. */
export interface Targets {
  /** The probabilities of the classes, smoothed. */
  readonly targets: Tensor | NdArray;
  /** 1 for samples that count, 0 for the others; all count by default. */
  readonly kept?: NdArray | undefined;
  /** The class of every sample, if labels are integers; arbitrary for one that does not count. */
  readonly classes?: Int32Array | undefined;
  /** The same if labels are not smoothed, so that these classes are certain. */
  readonly certain?: Int32Array | undefined;
}

/**
 * The probabilities of labels, smoothed, and which samples count. Throws if labels do not fit the
 * logits, or if ignoreIndex meets probabilities.
 */
export function classTargets(
  where: string,
  logits: Tensor,
  labels: Labels,
  { labelSmoothing, ignoreIndex }: LabelSettings,
): Targets {
  demandPredictions(where, logits);
  const classes = logits.shape.at(-1);
  if (classes === undefined) {
    throw new NormtapeError({ where, expected: 'logits of rank 1 or more', received: logits.shape });
  }
  const even = labelSmoothing / classes;
  if (!(labels instanceof Tensor))
    return oneHot(where, logits, labels, 1 - labelSmoothing, even, ignoreIndex);
  if (Number.isNaN(ignoreIndex)) {
    if (!sameShape(labels.shape, logits.shape)) {
      const expected = `probabilities of the shape of the logits, ${JSON.stringify(logits.shape)}`;
      const hint = 'Integer labels come as a list or an Int32Array, not as a tensor.';
      throw new NormtapeError({ where: `${where}.labels`, expected, received: labels.shape, hint });
    }
    return { targets: labelSmoothing ? add(mul(labels, 1 - labelSmoothing), even) : labels };
  }
  const expected = 'integer labels, one of which ignoreIndex names';
  throw new NormtapeError({ where: `${where}.ignoreIndex`, expected, received: ignoreIndex });
}

function oneHot(
  where: string,
  { shape, dtype, size }: Tensor,
  given: Source,
  certain: number,
  even: number,
  ignoreIndex: number,
): Targets {
  const classes = shape.at(-1)!;
  const samples = shape.slice(0, -1);
  const count = size / classes;
  const hint = 'Probabilities have the shape of the logits and come as a tensor.';
  const wanted = `integers of the shape ${JSON.stringify(samples)}`;
  const demand = expecting(`${where}.labels`, [samples, [count]], wanted, hint);
  const labels = readArray(`${where}.labels`, given, 'float64', { demand });
  const targets = store(dtype, size).fill(even);
  const kept = store(dtype, count).fill(1);
  const classOf = new Int32Array(count);
  flat(labels).forEach((label, row) => {
    if (label === ignoreIndex) kept[row] = 0;
    else if (Number.isInteger(label) && label >= 0 && label < classes) {
      classOf[row] = label;
      targets[row * classes + label]! += certain;
    } else {
      const expected = `integers from 0 to ${classes - 1}`;
      throw new NormtapeError({ where: `${where}.labels`, expected, received: label });
    }
  });
  return {
    targets: fromFlat(targets, shape),
    kept: kept.includes(0) ? fromFlat(kept, samples) : undefined,
    classes: classOf,
    certain: certain === 1 ? classOf : undefined,
  };
}
