import { type Patch, change } from '../patch.js';

const loops = change('src/kernels/js/choose.ts');
const random = change('src/array/random.ts');
const where = change('src/ops/choose.ts');
const cast = change('src/array/choose.ts');
const steps = change('src/kernels/js/optimizer.ts');

const kernels = [{ file: 'tests/kernels/choose.test.ts' }];

/** Comparisons, masks and what is drawn for them. */
export const choices: readonly Patch[] = [
  {
    name: 'less that holds for equal numbers',
    edits: [loops('out[o++] = x[p]! < y[q]! ? 1 : 0', 'out[o++] = x[p]! <= y[q]! ? 1 : 0')],
    red: kernels,
  },
  {
    name: 'a masked number that is multiplied by 0 instead',
    edits: [loops('y[q] === 0 ? 0 : x[p]! * y[q]!', 'x[p]! * y[q]!')],
    red: [...kernels, { file: 'tests/nn/layers.test.ts' }],
  },
  {
    name: 'the mask of a row read without its step',
    edits: [
      loops('q += ys.column) out[o++] = y[q] === 0 ? x[p]! : 0', 'q++) out[o++] = y[q] === 0 ? x[p]! : 0'),
    ],
    red: kernels,
  },
  {
    name: 'a choice that takes the second where the condition holds',
    edits: [loops('condition[i] === 0 ? y[i]! : x[i]!', 'condition[i] === 0 ? x[i]! : y[i]!')],
    red: [...kernels, { file: 'tests/ops/values.test.ts' }],
  },
  {
    name: 'the gradient of the first of where given to the second',
    edits: [where('sumTo(array.dropped(g, holds), y.shape)', 'sumTo(array.kept(g, holds), y.shape)')],
    red: [{ file: 'tests/ops/gradients.test.ts' }],
  },
  {
    name: 'a product with a mask of another dtype that keeps the dtype of neither',
    edits: [cast('cast(binary(a, b, kernels.masked), a.dtype)', 'binary(a, b, kernels.masked)')],
    red: [{ file: 'tests/array/choose.test.ts' }],
  },
  {
    name: 'uniform numbers of a range that ignore its lower bound',
    edits: [random('numbers[i] = low + (high - low) *', 'numbers[i] = (high - low) *')],
    red: [{ file: 'tests/array/random.test.ts' }],
  },
  {
    name: 'factors of dropout that keep the share to be dropped',
    edits: [random('< share ? 0 : factor', '< share ? factor : 0')],
    red: [{ file: 'tests/array/random.test.ts' }],
  },
  {
    name: 'a fill that does not say that it draws',
    edits: [random('drawn.value?.(random);\n      return random.#generator', 'return random.#generator')],
    red: [{ file: 'tests/array/random.test.ts' }],
  },
  {
    name: 'the sign of NaN taken for 0',
    edits: [steps('Number.isNaN(x) ? x : ', '')],
    red: [{ file: 'tests/optim/lion.test.ts' }],
  },
].map((patch): Patch => ({ ...patch, stands: [85] }));
