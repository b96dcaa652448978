// A gradient from the tape, then one normalization layer with its own gradients.
import { createNormalizationLayer, mean, mul, square, sum, tensor, valueAndGrad } from 'normtape';

// The tape records what the function computes; the backward pass walks it in reverse and returns gradients.
const a = tensor([1, 2, 3]);
const { value, gradients } = valueAndGrad(() => sum(square(a)), a);
console.log('sum of squares:', value.item());
console.log('its gradient:', gradients.of(a)?.toArray());

// The first input builds a layer: gamma and beta take its width and dtype.
const layer = createNormalizationLayer('layer_norm', { epsilon: 1e-5 });
const x = tensor([
  [1, 2, 3, 4],
  [-20, 0, 20, 0],
]);
const y = layer.forward(x);
console.log('means:', round(mean(y, -1).toArray()));
console.log('mean squares:', round(mean(square(y), -1).toArray()));

// Without a list of tensors, there are gradients for every trainable parameter that was used.
const weights = tensor([1, -2, 3, 0.5]);
const loss = valueAndGrad(() => sum(mul(layer.forward(x), weights)));
for (const [name, parameter] of layer.namedParameters()) {
  console.log(`gradient of ${name}:`, round(loss.gradients.of(parameter)!.toArray()));
}

function round(numbers: unknown): unknown {
  return (numbers as number[]).map((n) => Number(n.toFixed(3)));
}
