import { type Labelled, type NdArray, contract, diagonal, placed, reshape } from '../array/index.js';
import { type Operand, SMOOTH, lift, withDomain } from '../autograd/primitive.js';
import type { Differentiated } from '../autograd/rule.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';

/**
 * Einstein summation: `einsum('bij,bjk->bik', a, b)` multiplies matrices, `'ii->i'` takes a diagonal, `'ij->'` sums.
 *
 * Each letter names an axis; axes with the same letter have the same size. The product of all tensors is summed over
 * the letters that are missing in the output. Without `->` the output has the letters that occur once, in alphabetical
 * order. `...` stands for any axes, which are broadcast.
 *
 * The gradient of a tensor is a summation too: of the incoming gradient and all other tensors, over the letters that
 * the tensor does not have.
 *
 * @throws {NormtapeError} If the equation does not fit the tensors, or the sizes of a letter differ.
 */
export const einsum = withDomain(SMOOTH, (equation: string, ...operands: readonly Operand[]): Tensor =>
  lift('einsum', operands, (...arrays): Differentiated => {
    const { inputs, output } = parse(equation, arrays);
    const named = arrays.map((array, i) => withoutOnes(array, inputs[i]!, arrays, inputs));
    const sizes = sizesOf(equation, named);
    return {
      value: contract(named, output, sizes),
      pullback: (g, needed) =>
        named.map(({ array, labels }, k) => {
          if (!needed[k]) return undefined;
          const others = named.filter((_, i) => i !== k);
          const gradient = contract([{ array: g, labels: output }, ...others], [...new Set(labels)], sizes);
          const whole = placedOnDiagonal(gradient, array, labels);
          return reshape(whole, arrays[k]!.shape);
        }),
    };
  }),
);

/** The gradient of a diagonal in the array that has it, with 0 elsewhere. */
const placedOnDiagonal = (gradient: NdArray, { shape }: NdArray, labels: readonly string[]): NdArray =>
  new Set(labels).size === labels.length
    ? gradient
    : placed(gradient, shape, (zeros) => diagonal({ array: zeros, labels }).array);

interface Equation {
  /** The labels of the axes of every tensor. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
}

/** Reads an equation. The axes of `...` are labelled by their positions from the end. */
function parse(equation: string, arrays: readonly NdArray[]): Equation {
  const refuse = (expected: string): never => {
    throw new NormtapeError({ where: 'einsum', expected, received: equation });
  };
  const pattern = /^[a-zA-Z]*(\.\.\.)?[a-zA-Z]*$/;
  if (typeof equation !== 'string') return refuse("an equation such as 'ij,jk->ik'");
  const [left, right, ...more] = equation.replace(/ /g, '').split('->');
  const terms = left!.split(',');
  if (more.length > 0 || ![...terms, right ?? ''].every((term) => pattern.test(term))) {
    return refuse("letters, commas and ... with at most one ->, such as 'ij,jk->ik'");
  }
  if (terms.length !== arrays.length)
    return refuse(`${arrays.length} terms, one a tensor, with commas between`);
  const inputs = terms.map((term, i) => {
    const rank = arrays[i]!.shape.length;
    const rest = rank - letters(term).length;
    if (rest < 0 || (rest > 0 && !term.includes('...'))) {
      const shape = JSON.stringify(arrays[i]!.shape);
      return refuse(`a term of ${rank} letters for tensor ${i + 1}, of shape ${shape}`);
    }
    return expanded(term, rest);
  });
  const known = inputs.flat();
  const longest = Math.max(0, ...known.flatMap((label) => (isLetter(label) ? [] : Number(label))));
  const output = right === undefined ? implied(known, longest) : expanded(right, longest);
  if (new Set(output).size !== output.length) return refuse('each letter once in the output');
  const stray = output.find((label) => !known.includes(label));
  if (stray !== undefined) return refuse(`an output of letters that a term has, not ${stray}`);
  return { inputs, output };
}

const isLetter = (label: string): boolean => /[a-zA-Z]/.test(label);

const letters = (term: string): string[] => [...term.replace('...', '')];

/** The labels of a term whose `...` stands for the given count of axes. */
function expanded(term: string, count: number): string[] {
  const at = term.indexOf('...');
  if (at < 0) return [...term];
  const middle = Array.from({ length: count }, (_, i) => String(count - i));
  return [...term.slice(0, at), ...middle, ...term.slice(at + 3)];
}

/** The output of an equation without `->`. */
const implied = (known: readonly string[], longest: number): string[] => [
  ...expanded('...', longest),
  ...[...new Set(known)]
    .filter((label) => isLetter(label) && known.indexOf(label) === known.lastIndexOf(label))
    .sort(),
];

/** The array without the axes of `...` that are of size 1, if another tensor has them longer: they are broadcast. */
function withoutOnes(
  array: NdArray,
  labels: readonly string[],
  arrays: readonly NdArray[],
  inputs: Equation['inputs'],
): Labelled {
  const isStretched = (label: string, axis: number): boolean =>
    !isLetter(label) &&
    array.shape[axis] === 1 &&
    inputs.some((others, i) => others.some((other, k) => other === label && arrays[i]!.shape[k] !== 1));
  const kept = labels.map((label, axis) => !isStretched(label, axis));
  return {
    array: reshape(
      array,
      array.shape.filter((_, axis) => kept[axis]),
    ),
    labels: labels.filter((_, axis) => kept[axis]),
  };
}

/** The size of the axes of every label. */
function sizesOf(equation: string, named: readonly Labelled[]): ReadonlyMap<string, number> {
  const sizes = new Map<string, number>();
  for (const { array, labels } of named) {
    labels.forEach((label, axis) => {
      const n = array.shape[axis]!;
      if ((sizes.get(label) ?? n) !== n) {
        const expected = `axes of one size for ${isLetter(label) ? label : '...'} in ${equation}`;
        throw new NormtapeError({
          where: 'einsum',
          expected,
          received: named.map(({ array }) => array.shape),
        });
      }
      sizes.set(label, n);
    });
  }
  return sizes;
}
