import { synchronous } from '../autograd/promise.js';
import type { Tensor } from '../autograd/tape.js';
import { type Weighed, type Weight, type WeightedLoss, weighLoss } from '../nn/losses/weight.js';
import { add } from '../ops/catalog.js';
import { type Part, accumulateGradients } from './accumulate.js';
import type { Loss } from './evaluate.js';
import type { Examples, Model } from './examples.js';
import type { Computed } from './guard.js';
import { Mean } from './mean.js';
import { demandVisible } from './visible.js';

/** How the loss of a step is computed. */
interface LossSettings<Y, P> {
  readonly loss: Loss<P, Y>;
  /** Whether the costs of the regularizers are added. */
  readonly penalty: boolean;
  readonly batchSize: number;
}

/** The gradients of a step, and its loss without penalties. */
interface BatchGradients extends Computed {
  readonly loss: number;
  /** The number of samples that the loss counts; 'sum' if it is a sum. */
  readonly weight: Weight;
}

/**
 * The gradients of the mean loss of some samples, batch by batch. Unless `isSeen`, checks that the model finds every
 * parameter which its forward pass reads.
 */
export function batchGradients<X, Y, P>(
  model: Model<X, P>,
  { pick }: Examples<X, Y>,
  rows: Int32Array,
  { loss, penalty, batchSize }: LossSettings<Y, P>,
  isSeen: boolean,
): BatchGradients {
  const forward = (x: X): P => synchronous('model.forward', model.forward(x), 'Await before training.');
  const measure = (x: X, measured: (predictions: P) => Weighed<Tensor>): Weighed<Tensor> =>
    isSeen ? measured(forward(x)) : demandVisible('fit', model, () => forward(x), measured);
  const mean = new Mean();
  let isCharged = false;
  function* parts(): Generator<Part> {
    for (let start = 0; start < rows.length; start += batchSize) {
      const some = rows.subarray(start, start + batchSize);
      const { features, labels } = pick(some);
      const batchLoss = (): WeightedLoss => {
        const { value, weight } = measure(features, (predictions) =>
          weighLoss(some.length, () => loss(predictions, labels)),
        );
        mean.add(value.item(), weight);
        // A mean of parts contains the penalty once if each part does; a sum, if only one part does.
        const isDue = penalty && !(weight === 'sum' && isCharged);
        const costs = isDue && model.parameters().some(({ regularizer }) => regularizer);
        isCharged = true;
        return { loss: costs ? add(value, model.penalty()) : value, weight };
      };
      yield { loss: batchLoss, samples: some.length };
    }
  }
  const moved = { parameters: () => model.parameters().filter(({ trainable }) => trainable) };
  const { value, weight, gradients } = accumulateGradients(parts(), moved);
  return { value, weight, gradients, loss: mean.value ?? 0 };
}
