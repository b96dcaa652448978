import type { Gradients } from '../autograd/gradients.js';
import type { Module } from '../nn/module.js';
import type { Optimizer } from '../optim/optimizer.js';
import type { ExponentialMovingAverage } from './average.js';
import type { EpochRecord, History } from './history.js';
import type { Place } from './place.js';
import type { TrainingState } from './state.js';

/** The record of one training step. */
export interface StepRecord {
  /** The current epoch and step, both from 1. */
  readonly epoch: number;
  readonly step: number;
  /** The number of epochs in all. */
  readonly epochs: number;
  readonly stepsPerEpoch: number;
  /** The mean loss over the samples that count, before the step; without regularization penalties. */
  readonly loss: number;
  readonly rate: number;
  /** The gradients that the optimizer used: clipped, if `clip` is set. */
  readonly gradients: Gradients;
}

/** The running training, as callbacks see it. */
export interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer<never>;
  readonly average?: ExponentialMovingAverage | undefined;
  /** Its position in the data. */
  readonly place: Place;
  /** The number of steps over all epochs, including those before a `resume`. */
  readonly steps: number;
  /** Ends training after the callbacks of this step or epoch; the history states the reason. */
  readonly stop: (reason: string) => void;
  /** The state to resume from; call it in `settled`, after all callbacks have been updated. */
  readonly state: () => TrainingState;
}

/**
 * Methods that training calls, for progress bars, early stopping or checkpoints. Return values are ignored, except
 * promises: `training` in `for await` waits for them, and `fit` rejects them.
 */
export interface Callback<M extends string = string> {
  /** A unique name, under which its state is saved. */
  readonly name: string;
  start?(training: Training): unknown;
  step?(record: StepRecord, training: Training): unknown;
  epoch?(record: EpochRecord<M>, training: Training): unknown;
  /** Called after `step` or `epoch` of all callbacks. */
  settled?(what: 'step' | 'epoch', training: Training): unknown;
  /**
   * Called with an error, such as of the validation data, that ends training after the last step of an epoch. The state
   * is then sound: a resumed training finishes that epoch.
   */
  fault?(error: unknown, training: Training): unknown;
  end?(history: History<M>, training: Training): unknown;
  /**
   * Throws if `restore` cannot load a state; the model is that of the resumed training. `fit` checks all callbacks before
   * it restores anything.
   */
  check?(state: unknown, model: Module): void;
  /** Returns a copy of its state, as arrays and JSON values; `restore` loads such a copy. */
  state?(): unknown;
  restore?(state: unknown): void;
}
