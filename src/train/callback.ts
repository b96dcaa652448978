import type { Gradients } from '../autograd/gradients.js';
import type { Module } from '../nn/module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { ExponentialMovingAverage } from './average.js';
import type { EpochRecord, History } from './history.js';
import type { Place } from './place.js';
import type { TrainingState } from './state.js';

/** A step that was made. */
export interface StepRecord {
  /** Of the epoch under way, both from 1. */
  readonly epoch: number;
  readonly step: number;
  /** How many there are to be. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The mean over the samples of the step that count, before it was made; without what regularizers cost. */
  readonly loss: number;
  readonly rate: number;
  /** What the optimizer stepped by: clipped, where that was asked for. */
  readonly gradients: Gradients;
}

/** A training under way, as callbacks see it. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer<never>;
  readonly average?: ExponentialMovingAverage | undefined;
  /** Where in its data it is. */
  readonly place: Place;
  /** How many steps were made, over all epochs, those before a `resume` included. */
  readonly steps: number;
  /** Ends training once all callbacks have heard of the step or epoch; the history gives the reason. */
  readonly stop: (reason: string) => void;
  /** All there is to go on from here; to be asked for in `settled`, when all callbacks have moved on. */
  readonly state: () => TrainingState;
}

/**
 * Hears of what a training does: progress bars, early stopping, checkpoints. What a method returns counts for nothing,
 * unless it is a promise: `training` in `for await` waits for it, `fit` refuses it.
 */
export interface Callback<M extends string = string> {
  /** Of its own; what it remembers is kept by it. */
  readonly name: string;
  start?(training: Training): unknown;
  step?(record: StepRecord, training: Training): unknown;
  epoch?(record: EpochRecord<M>, training: Training): unknown;
  /** After all callbacks have heard of a step, or of an epoch. */
  settled?(what: 'step' | 'epoch', training: Training): unknown;
  /**
   * Hears of an error, such as a fault of the validation data, that ends training after the last step of an epoch; the
   * state then is good to go on from, with that epoch still to be ended.
   */
  fault?(error: unknown, training: Training): unknown;
  end?(history: History<M>, training: Training): unknown;
  /**
   * Throws if `restore` could not take a state over; the model is the one of the training that goes on. `fit` asks before
   * it takes over any part of what it resumes.
   */
  check?(state: unknown, model: Module): void;
  /** A copy of what it remembers, as arrays and what JSON can hold; and the taking over of such a copy. */
  state?(): unknown;
  restore?(state: unknown): void;
}
