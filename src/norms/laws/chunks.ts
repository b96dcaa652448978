import { type NdArray, sliceView } from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { chunksOf } from '../parts/chunks.js';
import { type WithAxes, type WithEpsilon, exactly } from './bounds.js';
import { standardizedLaws } from './centered.js';
import { apart, bits } from './groups.js';
import { lawsIf } from './if.js';
import { maskLaws } from './masked.js';
import { runningLaws } from './running.js';

type ChunkOptions = WithAxes & WithEpsilon & { readonly momentum: number; readonly virtualBatchSize: number };

const inTraining = { training: true, mask: undefined } as const;

const partsOf = ({ x, options }: Trial<ChunkOptions>) => chunksOf(x.shape[0]!, options.virtualBatchSize);

/** The chunks of a batch, one after the other. */
const chunks = (trial: Trial<ChunkOptions>): readonly NdArray[] =>
  partsOf(trial).flatMap(({ from, count, size }) =>
    Array.from({ length: count }, (_, k) => sliceView(trial.x, [[from + k * size, from + (k + 1) * size]])),
  );

const isOne = (trial: Trial<ChunkOptions>): boolean => trial.x.shape[0]! <= trial.options.virtualBatchSize;
const areEven = (trial: Trial<ChunkOptions>): boolean => partsOf(trial).length === 1;

const { runningBlend, trainThenInfer, ...always } = runningLaws;
const { maskedUnit, ...masked } = maskLaws();

/** The laws of a norm that cuts its batch into chunks, each of which is standardized as a batch of its own. */
export const chunkLaws = {
  chunksInOrder: {
    claim:
      'Training on a batch gives the output, the gradient of x and the statistics of training on its chunks, one after the other.',
    applies: (trial) => !isOne(trial),
    deviation: (trial) => {
      const { x, state, normal, linearize } = trial;
      const seed = normal(x.shape);
      const whole = linearize(x, inTraining);
      let from = 0;
      let running = state;
      const found = chunks(trial).map((chunk) => {
        const to = from + chunk.shape[0]!;
        const own = linearize(chunk, { ...inTraining, state: running });
        const dx = own.pullback([sliceView(seed, [[from, to]])]).x;
        [from, running] = [to, own.state!];
        return { y: own.outputs[0], dx };
      });
      return Math.max(
        apart(bits({ y: whole.outputs[0] }), bits(Object.fromEntries(found.map(({ y }, k) => [k, y])))),
        apart(
          bits({ dx: whole.pullback([seed]).x }),
          bits(Object.fromEntries(found.map(({ dx }, k) => [k, dx]))),
        ),
        apart(bits(whole.state), bits(running)),
      );
    },
    bound: exactly,
  } satisfies Invariant<ChunkOptions>,

  ...lawsIf('If the batch is one chunk', isOne, { runningBlend, trainThenInfer }),
  ...lawsIf('If all chunks are equally large', areEven, { ...standardizedLaws, maskedUnit }),
  ...masked,
  ...always,
};
