// The tasks of transformer-workloads.mjs in Normtape.
import * as normtape from '../../../dist/node/index.js';
import { texts } from '../harness/read.mjs';
import { trained } from './normtape-images.mjs';

const { LanguageModel, crossEntropy, scaledDotProductAttention, scope } = normtape;

/** A language model with these sizes and weights. */
export function transformer({ layers, hidden, heads, context, vocabulary }, inputs) {
  const model = new LanguageModel({
    vocabularySize: vocabulary,
    contextLength: context,
    layers,
    hiddenSize: hidden,
    heads,
    normalization: { type: 'layer_norm', epsilon: 1e-5 },
    seed: 1,
  });
  // Builds the layers.
  scope(() => void model.forward([[0]]));
  const { embedding, places, ...kernels } = inputs;
  model.embedding.loadStateDict({ embeddings: embedding });
  model.positions.loadStateDict({ embeddings: places });
  model.blocks.forEach(({ attention, mlp }, i) => {
    for (const part of [attention, mlp]) {
      const given = Object.entries(part.stateDict()).map(([name, value]) => [
        name,
        kernels[name.replace('.kernel', `${i}`)] ?? value,
      ]);
      part.loadStateDict(Object.fromEntries(given));
    }
  });
  return model;
}

/** The makers of the tasks, from how inputs are drawn, functions timed with their gradients, and numbers read. */
export function transformerMakers(drawn, passes, numbers) {
  return {
    attention(task) {
      const { query, key, value, g } = drawn(task.inputs);
      const { causal } = task;
      const attend = (x) => scaledDotProductAttention(x, key, value, { causal });
      return passes(task, { x: query, g }, attend, [query, key, value]);
    },
    generate(task) {
      const model = transformer(task, drawn(task.inputs));
      const { prompt, length } = task;
      const tokens = () => model.generate(prompt, { length, temperature: 0 });
      return { step: () => void tokens(), results: () => [tokens()] };
    },
    transformer(task) {
      const model = transformer(task, drawn(task.inputs));
      const { tokens, labels } = texts(task);
      const rows = Array.from({ length: task.batch }, (_, i) => [
        ...tokens.subarray(i * task.context, (i + 1) * task.context),
      ]);
      return trained(() => crossEntropy(model.forward(rows), labels), numbers);
    },
  };
}
