import { expect } from 'chai';
import { Random, draw, flat } from '../../../src/array/index.js';
import { NormtapeError } from '../../../src/error.js';
import { Module, Tensor } from '../../../src/index.js';
import { traceGraph } from '../../../src/io/index.js';
import * as ops from '../../../src/ops/catalog.js';
import { trials } from '../../ops/trials.js';
import { interpreted } from './interpreter.js';

/** A model that is a call of one op. */
class Calling extends Module {
  constructor(readonly call: (x: Tensor) => Tensor) {
    super();
  }
  override forward(x: Tensor): Tensor {
    return this.call(x);
  }
}

const drawn = (name: keyof typeof ops, shape: readonly number[], seed: number): Tensor => {
  const { from = -3, to = 3 } = ops[name].domain;
  const random = new Random(seed);
  return new Tensor(draw(shape, () => from + (to - from) * random.uniform(), 'float64'));
};

describe('traceGraph of an op', () => {
  /** Ops that a graph does not have, as docs/export.md says; of attention those with dropout, of rotary those with positions. */
  const REFUSED =
    'pow greaterEqual lessEqual any all argmax argmin sort topK cumsum cumprod prod std flip pad einsum ' +
    'scaledDotProductAttention rotary conv1d conv2dTranspose upSample2d adaptiveAveragePool2d adaptiveMaxPool2d';
  const refused = new Set<string>();

  for (const name of Object.keys(trials) as (keyof typeof ops)[])
    trials[name].forEach(({ inputs, f }, i) => {
      it(`computes ${name}${i ? ` (${i + 1})` : ''} from its attributes`, function () {
        const [x, ...others] = inputs([2, 3, 4]).map((shape, at) => drawn(name, shape, 10 * i + at));
        const model = new Calling((one) => f(one, ...others));
        const graph = ((): ReturnType<typeof traceGraph> | undefined => {
          try {
            return traceGraph(model, { input: x!.shape, dtype: 'float64' });
          } catch (error) {
            if (!(error instanceof NormtapeError)) throw error;
            expect(error.message).to.match(
              RegExp(`^traceGraph: expected ops that can be exported, received "Calling: ${name}`),
            );
            refused.add(name);
            return undefined;
          }
        })();
        if (!graph) return;
        const feeds = { input: { shape: x!.shape, data: Array.from(flat(x!.value)) } };
        const { output } = interpreted(graph, feeds, x!.shape[0]!);
        const expected = model.forward(x!);
        expect(output!.shape).to.deep.equal(expected.shape);
        Array.from(flat(expected.value)).forEach((value, at) =>
          expect(output!.data[at]).to.be.closeTo(value, 1e-9 * Math.max(1, Math.abs(value))),
        );
      });
    });

  it('refuses the others by name', () => {
    expect([...refused].join(' ')).to.equal(REFUSED);
  });
});
