import { Gradients } from '../../../autograd/gradients.js';
import { scope } from '../../../autograd/scope.js';
import { noGrad } from '../../../autograd/recording.js';
import type { Tensor } from '../../../autograd/tape.js';
import type { LanguageModel } from '../../../models/language-model.js';
import { crossEntropy } from '../../../nn/losses/index.js';
import { mean, square } from '../../../ops/catalog.js';
import { globalNorm } from '../../../optim/clipping.js';
import { evaluating } from '../../../train/index.js';
import type { Corpus } from './corpus.js';

/** The performance of a model on held-out text. */
export interface Probe {
  /** The mean cross-entropy per character, in nats. */
  readonly loss: number;
  /** The root mean square of the output of each block, from the first. */
  readonly activations: readonly number[];
}

/** The number of stretches in one forward pass. */
const TOGETHER = 16;

/**
 * Evaluates the model on the held-out stretches that start at these positions, off the tape; leaves its mode unchanged.
 */
export function probe(model: LanguageModel, { test }: Corpus, starts: readonly number[]): Probe {
  let loss = 0;
  const squares = model.blocks.map(() => 0);
  evaluating(model, () =>
    noGrad(() => {
      for (let start = 0; start < starts.length; start += TOGETHER) {
        const some = starts.slice(start, start + TOGETHER);
        const share = some.length / starts.length;
        scope(() => {
          const { features, labels } = test.pick(some);
          const outputs = model.layers(features);
          loss += share * crossEntropy(outputs.at(-1)!, labels).item();
          squares.forEach((_, i) => (squares[i]! += share * mean(square(outputs[i]!)).item()));
        });
      }
    }),
  );
  return { loss, activations: squares.map(Math.sqrt) };
}

/** The norm of the gradients of each block, from the first. */
export function blockGradients(model: LanguageModel, gradients: Gradients): readonly number[] {
  return model.blocks.map((block) => {
    const own = block.parameters().flatMap((parameter): [Tensor, Tensor][] => {
      const gradient = gradients.of(parameter);
      return gradient ? [[parameter, gradient]] : [];
    });
    return globalNorm(new Gradients(new Map(own)));
  });
}
