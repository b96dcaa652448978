import { type Dtype, full } from '../array/index.js';
import type { Parameter } from '../autograd/parameter.js';
import { ignoreRejection } from '../autograd/promise.js';
import { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { add } from '../ops/catalog.js';

/** The sum of what the regularizers of the trainable parameters cost; 0 where there are none. */
export function penaltyOf(
  parameters: Iterable<readonly [string, Parameter]>,
  dtype: Dtype = 'float32',
): Tensor {
  const costs = [...parameters].flatMap(([name, parameter]) => {
    if (!parameter.trainable || !parameter.regularizer) return [];
    const cost: unknown = parameter.regularizer(parameter);
    if (cost instanceof Tensor && cost.shape.length === 0) return cost;
    const received = cost instanceof Tensor ? cost.shape : ignoreRejection(cost);
    throw new NormtapeError({ where: `${name}: regularizer`, expected: 'a tensor of rank 0', received });
  });
  const [first = new Tensor(full([], 0, dtype)), ...others] = costs;
  return others.reduce((sum, cost) => add(sum, cost), first);
}
