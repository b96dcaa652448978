// Three ways to migrate: from a hand-written switch, from one norm to another, and from Keras.
import {
  Dense,
  Module,
  type ShapePreservingType,
  type Tensor,
  abs,
  add,
  createNormalizationFromConfig,
  createNormalizationLayer,
  div,
  max,
  mean,
  randomNormal,
  sqrt,
  square,
  sub,
  tensor,
} from 'normtape';

// 1. Before: a switch, with a formula in each case, whose gradient comes from small ops.
function switched(type: 'layer_norm' | 'rms_norm', x: Tensor, epsilon: number): Tensor {
  const scaled = (c: Tensor) => div(c, sqrt(add(mean(square(c), -1, { keepDims: true }), epsilon)));
  switch (type) {
    case 'layer_norm':
      return scaled(sub(x, mean(x, -1, { keepDims: true })));
    case 'rms_norm':
      return scaled(x);
  }
}

// After: a type and its options. An epsilon may go to every type; dynamic_tanh, which has none, ignores it.
const x = randomNormal([4, 8], { seed: 1 });
for (const type of ['layer_norm', 'rms_norm'] as const) {
  const y = createNormalizationLayer(type, { epsilon: 1e-5 }).forward(x);
  console.log(`${type} differs by less than 1e-6:`, max(abs(sub(y, switched(type, x, 1e-5)))).item() < 1e-6);
}
console.log(createNormalizationLayer('dynamic_tanh', { epsilon: 1e-5 }).forward(x).shape);

// 2. Another norm with the same weights. Both call their gain `scale`, so the names in the state dict agree.
class Head extends Module {
  readonly dense = new Dense(8, { seed: 1 });
  readonly norm;

  constructor(type: ShapePreservingType) {
    super();
    this.norm = createNormalizationLayer(type);
  }

  override forward(input: Tensor): Tensor {
    return this.norm.forward(this.dense.forward(input));
  }
}

const before = new Head('rms_norm');
before.forward(x);
const after = new Head('zero_centered_rms_norm');
after.forward(x); // The first input builds it; only then can it load weights.
after.loadStateDict({ ...before.stateDict(), 'norm.scale': [1, 2, 3, 4, 4, 3, 2, 1] });
const { 'norm.scale': scale, ...others } = after.stateDict();
console.log('carried over:', String(tensor(scale!).toArray()), 'and', Object.keys(others).join(', '));

// 3. From Keras: options keep their snake_case, and weights their names. As in Keras, the axis may be a list.
const kerasConfig = { name: 'encoder_norm', axis: [-1], epsilon: 1e-3, beta_initializer: 'zeros' } as const;
const kerasWeights = { gamma: [1, 1, 1, 1, 1], beta: [1, 1, 1, 1, 1] };
const layer = createNormalizationFromConfig({ type: 'layer_norm', ...kerasConfig });
layer.build([1, 5]);
layer.loadStateDict(kerasWeights);
const [row] = (layer.forward(tensor([[0, 1, 2, 3, 4]])) as Tensor).toArray() as number[][];
console.log(`${layer.name}:`, row!.map((value) => value.toFixed(5)).join(' '));
