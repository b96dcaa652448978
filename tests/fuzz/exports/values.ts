import {
  AdamW,
  Dense,
  GRU,
  type Module,
  Sequential,
  type Tensor,
  type Gradients,
  meanSquaredError,
  randomNormal,
  tensor,
  valueAndGrad,
} from '../../../src/index.js';
import { dataset, regressionDataset } from '../../../src/data/index.js';

/** Arguments that are made again for every call, so that a partly changed one does not reach the next. */
export type Arguments = () => readonly unknown[];
export type Calls = Readonly<Record<string, Arguments>>;

/** The same arguments for several names. */
export const each = (names: string, args: Arguments): Calls =>
  Object.fromEntries(names.split(' ').map((name) => [name, args]));

const normal = (shape: readonly number[], seed = 1): Tensor => randomNormal(shape, { seed });

export const rows = (): Tensor =>
  tensor([
    [1, 2, 4],
    [3, 5, 9],
  ]);
export const sequences = (): Tensor => normal([2, 3, 4]);
export const images = (): Tensor => normal([2, 4, 4, 2]);
export const wide = (): Tensor => tensor([0.5, 1.5, -2], { dtype: 'float64' });
export const heads = (): Tensor => normal([1, 2, 3, 4]);

export const small = (): Module & { forward(x: Tensor): Tensor } => {
  const model = new Sequential([new Dense(4, { seed: 1 }), new Dense(2, { seed: 2 })]);
  model.forward(rows());
  return model;
};

export const classes = () =>
  dataset(
    'few',
    [
      [0, 1, 2],
      [1, 0, 3],
      [2, 1, 4],
      [3, 2, 1],
    ],
    [0, 1, 0, 1],
    ['a', 'b'],
  );

export const targets = () =>
  regressionDataset(
    'line',
    [
      [0, 1],
      [1, 3],
      [2, 2],
    ],
    [1, 2, 3],
  );

/** The gradients of the weights of a layer, for an optimizer step. */
export const gradientsOf = (model: Module & { forward(x: Tensor): Tensor }): Gradients =>
  valueAndGrad(
    () =>
      meanSquaredError(model.forward(rows()), [
        [1, 2],
        [3, 4],
      ]),
    model,
  ).gradients;

export const optimizer = () => new AdamW({ learningRate: 0.01 });
export const recurrent = () => new GRU(2, { seed: 1 });
