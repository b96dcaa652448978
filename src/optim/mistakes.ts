import { type NdArray, isNdArray, sameShape } from '../array/index.js';
import { Gradients } from '../autograd/gradients.js';
import { Parameter } from '../autograd/parameter.js';
import { ignoreRejection } from '../autograd/promise.js';
import { isOne } from '../demand.js';
import { NormtapeError } from '../error.js';

/** Refuses the first argument of other libraries: parameters, which no optimizer keeps here, or a rate. */
export function demandSettings(where: string, given: unknown): void {
  const expected = 'a plain object of options';
  if (typeof given === 'number') {
    const hint = `The learning rate is an option: new ${where}({ learningRate: ${given} }).`;
    throw new NormtapeError({ where, expected, received: given, hint });
  }
  if (!isOne(isParameters, given)) return;
  const hint = `${where} is not given parameters: step(gradients) updates the parameters that the gradients belong to.`;
  throw new NormtapeError({ where, expected, received: 'parameters', hint });
}

const isParameters = (given: unknown): given is object =>
  typeof given === 'object' && given !== null && (Symbol.iterator in given || 'parameters' in given);

/** Throws unless these are gradients, at least one of them that of a parameter; frozen parameters count. */
export function demandParameters(where: string, gradients: unknown): asserts gradients is Gradients {
  if (!(gradients instanceof Gradients)) {
    const hint = 'Pass the gradients that valueAndGrad or a pullback returns.';
    throw new NormtapeError({ where, expected: 'gradients', received: gradients, hint });
  }
  const leaves = [...gradients].map(([leaf]) => leaf);
  if (leaves.some((leaf) => leaf instanceof Parameter)) return;
  const expected = 'gradients of at least one parameter';
  const [received, hint] = leaves.length
    ? [
        `${leaves.length} of tensors that are not parameters`,
        'Pass the model to valueAndGrad, as in valueAndGrad(f, model).',
      ]
    : [
        'none',
        'Compute the loss from the model inside the function passed to valueAndGrad: ops that ran earlier are not on its tape. ' +
          'A module finds its layers in fields, and in arrays, Maps, Sets and plain objects of these.',
      ];
  throw new NormtapeError({ where, expected, received, hint });
}

/** Throws unless a value is an array of the shape and dtype of its parameter. */
export function demandFit(where: string, array: unknown, { shape, dtype }: NdArray): void {
  const isArray = isNdArray(array);
  if (isArray && sameShape(array.shape, shape) && array.dtype === dtype) return;
  throw new NormtapeError({
    where,
    expected: `the shape and dtype of the parameter, ${JSON.stringify(shape)} of ${dtype}`,
    received: isArray ? `${JSON.stringify(array.shape)} of ${array.dtype}` : ignoreRejection(array),
  });
}
