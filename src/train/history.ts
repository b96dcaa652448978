import type { Evaluation } from './evaluate.js';

/** The record of one epoch. */
export interface EpochRecord<M extends string = string> {
  /** From 1. */
  readonly epoch: number;
  /** The number of steps so far, over all epochs. */
  readonly steps: number;
  /** The mean loss over the samples that count, each before its step; without regularization penalties. */
  readonly loss: number;
  /** The learning rate of the next step. */
  readonly rate: number;
  /** The results on the validation data after the epoch. */
  readonly validation?: Evaluation<M> | undefined;
}

/** The history of a training. */
export interface History<M extends string = string> {
  readonly epochs: readonly EpochRecord<M>[];
  /** The reason why it ended before its last epoch, if it did. */
  readonly stopped?: string | undefined;
  /** The seed of the shuffles: given, or drawn. */
  readonly seed: number;
}
