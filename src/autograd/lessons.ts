import { NormtapeError } from '../error.js';

/** Methods of other libraries that a class here lacks, each with a hint: what to write instead. */
export type Lessons = Readonly<Record<string, string>>;

/**
 * Gives a class methods that throw, with a hint, unless it has a method of that name. They appear in no type, no listing of
 * keys and no print, and a subclass may define methods of these names.
 */
export function teach(where: string, owner: { readonly prototype: object }, lessons: Lessons): void {
  for (const [name, hint] of Object.entries(lessons)) {
    if (name in owner.prototype) continue;
    const value = (): never => {
      throw new NormtapeError({ where, expected: 'one of its methods', received: `${name}()`, hint });
    };
    Object.defineProperty(owner.prototype, name, { value, writable: true, configurable: true });
  }
}

/** A lesson for each of these ops, which are functions. */
const ops = (names: string, rest: string): Lessons =>
  Object.fromEntries(names.split(' ').map((name) => [name, `Ops are functions: ${name}(${rest}).`]));

const BACKWARD =
  'Gradients are a value: valueAndGrad(() => loss(model.forward(x)), model) returns { value, gradients }.';
const NOTHING_TO_RESET = 'There is nothing to reset: every call of valueAndGrad gives gradients of its own.';
const NESTED = 'toArray() gives the numbers in nested lists, value an ndarray.';

export const TENSOR: Lessons = {
  ...ops('add sub mul div pow matmul maximum minimum', 'x, y'),
  ...ops('exp log sqrt square abs neg sin cos tanh sigmoid relu gelu silu softplus', 'x'),
  ...ops('sum mean variance max min softmax logSoftmax logSumExp', 'x, axis'),
  ...ops('reshape', 'x, shape'),
  ...ops('transpose', 'x, axes'),
  ...ops('gather', 'x, indices, axis'),
  ...ops('clip', 'x, { min, max }'),
  backward: BACKWARD,
  zero_grad: NOTHING_TO_RESET,
  detach: 'stopGradient(x) gives the same numbers as a constant.',
  clone: 'No op changes a tensor, so none needs a copy.',
  requires_grad_:
    'Every tensor that a function reads can have a gradient; what training moves is a Parameter.',
  numpy: NESTED,
  tolist: NESTED,
  array: NESTED,
  arraySync: NESTED,
  dataSync: NESTED,
  view: 'Ops are functions: reshape(x, shape).',
  permute: 'Ops are functions: transpose(x, axes).',
  t: 'Ops are functions: transpose(x).',
  to: "cast('float64') changes the dtype.",
  float: "cast('float32') changes the dtype.",
  double: "cast('float64') changes the dtype.",
  astype: "cast('float64') changes the dtype.",
  numel: 'The count of its numbers is size.',
  dim: 'The count of its axes is shape.length.',
  print: 'console.log(x) prints it.',
  dispose: 'scope(() => …) gives back what was made inside.',
};

export const GRADIENTS: Lessons = { get: 'gradients.of(tensor) gives the gradient of a tensor.' };

export const MODULE: Lessons = {
  call: 'forward(x) runs it.',
  add: 'The layers of a model are a list: new Sequential([first, second]).',
  __call__: 'forward(x) runs it.',
  predict: 'forward(x) runs it; eval() before that.',
  backward: BACKWARD,
  zero_grad: NOTHING_TO_RESET,
  zeroGrad: NOTHING_TO_RESET,
  fit: "fit(model, data, options) is a function, from 'normtape/train'.",
  evaluate: "evaluate(model, data, options) is a function, from 'normtape/train'.",
  compile: 'Loss and optimizer are options of fit(model, data, { loss, optimizer }).',
  state_dict: 'It is stateDict().',
  load_state_dict: 'It is loadStateDict(state).',
  named_parameters: 'It is namedParameters().',
  getWeights: 'stateDict() gives the weights by name.',
  setWeights: 'loadStateDict(state) takes weights by name.',
  cuda: 'There is one device; kernelInfo() says which kernels run on it.',
  to: "There is one device; build(shape, { dtype: 'float64' }) or the first input chooses the dtype.",
};

export const OPTIMIZER: Lessons = {
  zero_grad: NOTHING_TO_RESET,
  zeroGrad: NOTHING_TO_RESET,
  minimize: 'step(gradients) moves the parameters, with the gradients of valueAndGrad.',
  applyGradients: 'step(gradients) moves the parameters, with the gradients of valueAndGrad.',
  apply_gradients: 'step(gradients) moves the parameters, with the gradients of valueAndGrad.',
  state_dict: 'It is stateDict(model).',
  load_state_dict: 'It is loadStateDict(state, model).',
};
