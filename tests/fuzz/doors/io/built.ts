import {
  Dense,
  Dropout,
  type Module,
  Residual,
  Sequential,
  createNormalizationLayer,
  relu,
} from '../../../../src/index.js';
import { rows } from '../../exports/values.js';

/** A model after an input, which builds it. */
export const built = <M extends Module>(model: M, ...given: readonly unknown[]): M => {
  (model as unknown as { forward(...given: readonly unknown[]): unknown }).forward(...given);
  return model;
};

/** A small model of layers that every format has, for samples of 3 numbers. */
export const layers = (): Sequential =>
  built(
    new Sequential([
      new Dense(2, { seed: 1 }),
      relu,
      createNormalizationLayer('batch_norm'),
      new Dropout(0.5, { seed: 1 }),
    ]),
    rows(),
  );

/** A small model with residual connections in one another, for samples of 3 numbers. */
export const residual = (): Sequential => {
  const inner = new Sequential([new Residual(new Dense(3, { seed: 2 })), relu, new Dense(3, { seed: 3 })]);
  return built(
    new Sequential([new Dense(3, { seed: 1 }), new Residual(inner, { after: 'layer_norm' })]),
    rows(),
  );
};
