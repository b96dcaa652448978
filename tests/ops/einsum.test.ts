import { expect } from 'chai';
import fc from 'fast-check';
import { flat, sizeOf } from '../../src/array/index.js';
import { tensor } from '../../src/autograd/create.js';
import { Tensor } from '../../src/autograd/tape.js';
import { einsum } from '../../src/ops/catalog.js';
import { arrays } from '../support/arbitraries.js';
import { failure } from '../support/failure.js';

const SIZES: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, d: 2, e: 4 };
const letter = fc.constantFrom(...Object.keys(SIZES));
const equations = fc
  .array(fc.array(letter, { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .chain((terms) =>
    fc.record({ terms: fc.constant(terms), output: fc.shuffledSubarray([...new Set(terms.flat())]) }),
  )
  .chain(({ terms, output }) =>
    fc.record({
      terms: fc.constant(terms),
      output: fc.constant(output),
      values: fc.tuple(...terms.map((term) => arrays(term.map((name) => SIZES[name]!)))),
    }),
  );

/** The sum by its definition: over every assignment of indices to letters. */
function defined(
  terms: readonly string[][],
  output: readonly string[],
  tensors: readonly Tensor[],
): number[] {
  const letters = [...new Set(terms.flat())];
  const sizes = letters.map((name) => SIZES[name]!);
  const out = Array<number>(sizeOf(output.map((name) => SIZES[name]!))).fill(0);
  const place = (names: readonly string[], at: Readonly<Record<string, number>>): number =>
    names.reduce((index, name) => index * SIZES[name]! + at[name]!, 0);
  for (let k = 0; k < sizeOf(sizes); k++) {
    let rest = k;
    const at: Record<string, number> = {};
    letters.forEach((name, i) => {
      at[name] = rest % sizes[i]!;
      rest = Math.floor(rest / sizes[i]!);
    });
    out[place(output, at)]! += tensors.reduce(
      (product, x, i) => product * x.value.data[place(terms[i]!, at)]!,
      1,
    );
  }
  return out;
}

describe('einsum', () => {
  it('sums over all letters that are missing in the output', () => {
    fc.assert(
      fc.property(equations, ({ terms, output, values }) => {
        const tensors = values.map((value) => new Tensor(value));
        const equation = `${terms.map((term) => term.join('')).join(',')}->${output.join('')}`;
        const y = einsum(equation, ...tensors);
        expect(y.shape).to.deep.equal(output.map((name) => SIZES[name]!));
        const right = defined(terms, output, tensors);
        [...flat(y.value)].forEach((value, i) =>
          expect(value).to.be.closeTo(right[i]!, 1e-11 * (1 + Math.abs(right[i]!))),
        );
      }),
    );
  });

  it('completes an equation without an arrow: letters that occur once, in alphabetical order', () => {
    const [a, b] = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([5, 6]),
    ];
    expect(einsum('ba', a).toArray()).to.deep.equal([
      [1, 3],
      [2, 4],
    ]);
    expect(einsum('ij,j', a, b).toArray()).to.deep.equal([17, 39]);
    expect(einsum('ii', a).toArray()).to.equal(5);
  });

  it('broadcasts the axes of three dots', () => {
    const [a, b] = [
      tensor([[[1, 2]], [[3, 4]]]),
      tensor([
        [1, 0],
        [0, 1],
        [1, 1],
      ]),
    ];
    expect(einsum('...i,...i->...', a, b).toArray()).to.deep.equal([
      [1, 2, 3],
      [3, 4, 7],
    ]);
    expect(einsum('...i->i...', a).shape).to.deep.equal([2, 2, 1]);
  });

  it('rejects equations that do not fit the tensors', () => {
    const [a, b] = [
      tensor([
        [1, 2],
        [3, 4],
      ]),
      tensor([5, 6, 7]),
    ];
    for (const [equation, operands, message] of [
      ['ij,j->i', [a, b], /axes of one size for j in ij,j->i, received \[\[2,2\],\[3\]\]/],
      ['ij->ik', [a], /an output of letters that a term has, not k/],
      ['ij->ii', [a], /each letter once in the output/],
      ['ij,j', [a], /1 terms?, one a tensor/],
      ['i->i', [a], /a term of 2 letters for tensor 1, of shape \[2,2\]/],
      ['i-j', [a], /letters, commas and \.\.\. with at most one ->/],
      ['i->j->k', [a], /at most one ->/],
      [7 as never, [a], /an equation such as 'ij,jk->ik'/],
    ] as const)
      expect(
        failure(() => einsum(equation, ...operands)),
        equation,
      ).to.match(message);
  });
});
