import type { Evaluation } from './evaluate.js';

/** One epoch of a training. */
export interface EpochRecord<M extends string = string> {
  /** From 1. */
  readonly epoch: number;
  /** Steps made so far, over all epochs. */
  readonly steps: number;
  /** The mean over the samples of the epoch that count, each as it was before its step; without what regularizers cost. */
  readonly loss: number;
  /** Of the step that would come next. */
  readonly rate: number;
  /** After the epoch, on the validation data. */
  readonly validation?: Evaluation<M> | undefined;
}

/** What came of a training. */
export interface History<M extends string = string> {
  readonly epochs: readonly EpochRecord<M>[];
  /** Why it ended before its last epoch, where it did. */
  readonly stopped?: string | undefined;
  /** Of the shuffles: the one given, or the one that was drawn. */
  readonly seed: number;
}
