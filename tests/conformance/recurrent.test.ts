import { concat, fromFlat, reshape, sliceView, transpose } from '../../src/array/index.js';
import type { NdArray } from '../../src/array/index.js';
import { Tensor } from '../../src/autograd/tape.js';
import { vjp } from '../../src/autograd/vjp.js';
import { GRU } from '../../src/models/recurrent/gru.js';
import { LSTM } from '../../src/models/recurrent/lstm.js';
import type { Recurrent } from '../../src/models/recurrent/recurrent.js';
import { SimpleRNN } from '../../src/models/recurrent/simple-rnn.js';
import { type Encoded, casesOf, decode, expectClose, numbers } from './vectors.js';

interface Case {
  readonly id: string;
  readonly attributes: { readonly units: number };
  readonly inputs: Readonly<Record<string, Encoded>>;
  readonly outputs: readonly Encoded[];
  readonly dy: readonly Encoded[];
  readonly grads: Readonly<Record<string, Encoded>>;
}

const cells: Readonly<Record<string, (units: number) => Recurrent>> = {
  rnn: (units) => new SimpleRNN(units),
  gru: (units) => new GRU(units),
  lstm: (units) => new LSTM(units),
};

/** Blocks of rows in our order of gates: PyTorch's GRU has the reset gate first, ours the update gate. */
function ordered(kind: string, rows: NdArray, units: number): NdArray {
  if (kind !== 'gru') return rows;
  return concat(
    [1, 0, 2].map((gate) => sliceView(rows, [[gate * units, (gate + 1) * units]])),
    0,
  );
}

/** PyTorch's four weights, or their gradients, in our layout. */
function ours(kind: string, arrays: Readonly<Record<string, Encoded>>, units: number, gradients: boolean) {
  const rows = (name: string): NdArray => ordered(kind, decode(arrays[name]!), units);
  const [first, second] = [rows('bias_ih_l0'), rows('bias_hh_l0')];
  const wide = first.shape[0]!;
  // PyTorch adds two biases, we have one: the gradient of each is the gradient of the sum.
  const sum = (a: NdArray, b: NdArray): NdArray =>
    fromFlat(
      Float64Array.from({ length: wide }, (_, i) => a.get(i) + b.get(i)),
      [wide],
    );
  const bias =
    kind === 'gru'
      ? concat([reshape(first, [1, wide]), reshape(second, [1, wide])], 0)
      : gradients
        ? first
        : sum(first, second);
  return {
    kernel: transpose(rows('weight_ih_l0'), [1, 0]),
    recurrent_kernel: transpose(rows('weight_hh_l0'), [1, 0]),
    bias,
  };
}

describe('recurrent layers like torch/recurrent', () => {
  for (const { id, attributes, inputs, outputs, dy, grads } of casesOf<Case>('torch/recurrent')) {
    it(id, () => {
      const kind = id.replace(/^recurrent\/|-.*$/g, '');
      const { units } = attributes;
      const layer = cells[kind]!(units);
      const [x, h, c] = [inputs['x']!, inputs['h']!, inputs['c']].map(
        (array) => array && new Tensor(decode(array)),
      );
      layer.build(x!.shape, { dtype: 'float64' });
      layer.loadStateDict(ours(kind, inputs, units, false));
      const initialState = c ? [h!, c] : [h!];
      const { value, pullback } = vjp(() => {
        const { outputs, state } = layer.run(x!, { initialState });
        return [outputs, ...state] as readonly Tensor[];
      });
      value.forEach((y, i) =>
        expectClose(`value ${i}`, y.value, numbers(outputs[i]!.data), { relative: 1e-13 }),
      );
      const gradients = pullback(dy.map((g) => new Tensor(decode(g))));
      const close = (name: string, leaf: Tensor, expected: readonly number[]): void =>
        expectClose(name, gradients.of(leaf)!.value, expected, { relative: 1e-12, absolute: 1e-14 });
      close('x', x!, numbers(grads['x']!.data));
      close('h', h!, numbers(grads['h']!.data));
      if (c) close('c', c, numbers(grads['c']!.data));
      const expected = ours(kind, grads, units, true);
      for (const [name, parameter] of layer.namedParameters()) {
        const right = reshape(expected[name as 'bias'], [parameter.size]);
        close(
          name,
          parameter,
          Array.from({ length: parameter.size }, (_, i) => right.get(i)),
        );
      }
    });
  }
});
