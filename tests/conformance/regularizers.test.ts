import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { constraint } from '../../src/nn/constraints.js';
import { regularizer } from '../../src/nn/regularizers.js';
import { type Encoded, casesOf, decode, expectClose } from './vectors.js';

interface Case {
  readonly id: string;
  readonly config: Readonly<Record<string, number | null>>;
  readonly w: Encoded;
  readonly value?: number;
  readonly grad?: Encoded;
  readonly projected?: Encoded;
}

const types = { l1: 'l1', l2: 'l2', l1l2: 'l1_l2' } as const;

describe('regularizers and constraints like keras/regularizers_constraints', () => {
  for (const { id, config, w, value, grad, projected } of casesOf<Case>('keras/regularizers_constraints')) {
    it(id, () => {
      const tolerance = { relative: 1e-14 };
      const weight = new Tensor(decode(w));
      if (projected) {
        const { min_value, max_value } = config;
        const range = { min_value: min_value!, ...(max_value === null ? {} : { max_value: max_value! }) };
        const result = constraint({ type: 'min_value', ...range })!(weight.value);
        return expectClose(id, result, projected.data.map(Number), tolerance);
      }
      const type = types[id.split('/')[1] as keyof typeof types];
      const cost = vjp(() => regularizer({ type, ...config } as { type: 'l2' })!(weight));
      expectClose(id, cost.value.value, [value!], tolerance);
      expectClose(id, cost.pullback().of(weight)!.value, grad!.data.map(Number), tolerance);
    });
  }
});
