// A transformer learns a sentence letter by letter, and continues it.
import { Adam, LanguageModel, crossEntropy, valueAndGrad } from 'normtape';

const text = 'she sells sea shells by the sea shore, and he sells the shells. '.repeat(6);
const alphabet = [...new Set(text)].sort();
const tokens = [...text].map((letter) => alphabet.indexOf(letter));

const contextLength = 32;
const model = new LanguageModel({
  vocabularySize: alphabet.length,
  contextLength,
  layers: 2,
  hiddenSize: 32,
  heads: 4,
  positions: 'rotary',
  normalization: { type: 'zero_centered_rms_norm', epsilon: 1e-5 },
  seed: 1,
});
const optimizer = new Adam({ learningRate: 0.005 });

for (let step = 1; step <= 60; step++) {
  const starts = Array.from({ length: 8 }, (_, i) => (step * 131 + i * 47) % (tokens.length - contextLength));
  const inputs = starts.map((start) => tokens.slice(start, start + contextLength));
  const next = starts.flatMap((start) => tokens.slice(start + 1, start + contextLength + 1));
  const { value, gradients } = valueAndGrad(() => crossEntropy(model.forward(inputs), next), model);
  optimizer.step(gradients);
  if (step % 20 === 0) console.log(`step ${step}: loss ${value.item().toFixed(2)}`);
}

const prompt = [...'by the sea'].map((letter) => alphabet.indexOf(letter));
const written = model.generate(prompt, { length: 28, temperature: 0 });
console.log(written.map((token) => alphabet[token]).join(''));
