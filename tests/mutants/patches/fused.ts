import { type Patch, change } from '../patch.js';

const gate = change('src/kernels/js/gate.ts');
const activation = change('src/norms/parts/activation.ts');
const by = change('src/kernels/js/normalize-by.ts');
const level = change('src/kernels/js/maximum.ts');
const parts = change('src/kernels/js/parts.ts');
const quotient = change('src/kernels/js/window-quotient.ts');
const softmax = change('src/kernels/js/softmax.ts');
const strided = change('src/array/strided.ts');
const products = change('src/array/products.ts');
const running = change('src/norms/parts/running.ts');

const testsOf = (name: string) => [{ file: `tests/kernels/${name}.test.ts` }];

/** Kernels that do several steps in one pass. */
const kernels: readonly Patch[] = [
  {
    name: 'the slope of silu without z σ (1 − σ)',
    edits: [gate('isSilu ? 1 + turn : other', 'isSilu ? 1 : other')],
    red: testsOf('gate'),
  },
  {
    name: 'the slope of a sigmoid gate without 1 − σ',
    edits: [gate('isSilu ? 1 + turn : other', 'isSilu ? 1 + turn : 1')],
    red: testsOf('gate'),
  },
  {
    name: 'a gradient of a gate that leaves out what it multiplies',
    edits: [gate('ofZ[i] = g * a[i]!', 'ofZ[i] = g')],
    red: testsOf('gate'),
  },
  {
    name: 'gradients of a gate called finite without a look at them',
    edits: [gate('return false', 'return true')],
    red: testsOf('gate'),
  },
  {
    name: 'a gradient through a gate that is not mended where it overflows',
    edits: [activation('if (plain.isFinite)', 'if (plain)')],
    red: [{ file: 'tests/norms/magnitudes.test.ts' }],
  },
  {
    name: 'Σ g x̂ of given statistics without their mean',
    edits: [by('turn += g * ((x[p]! - mean - rest) / root)', 'turn += g * (x[p]! / root)')],
    red: testsOf('normalize-by'),
  },
  {
    name: 'nothing taken off along x̂ by given statistics',
    edits: [by('- offset - along * unit', '- offset')],
    red: testsOf('normalize-by'),
  },
  {
    name: 'the gradient of a gain by given statistics from x, not x̂',
    edits: [by('ofGain[w]! += dy * unit', 'ofGain[w]! += dy * x[p]!')],
    red: testsOf('normalize-by'),
  },
  {
    name: 'a tie of a threshold that goes to it whole',
    edits: [level('value < least ? g : value === least ? g / 2 : 0', 'value <= least ? g : 0')],
    red: testsOf('maximum'),
  },
  {
    name: 'parts whose weights all start at the first',
    edits: [
      parts(
        'let i = (part % groups) * m, end = i + m; i < end; i++, p++) sum',
        'let i = 0, end = i + m; i < end; i++, p++) sum',
      ),
    ],
    red: testsOf('parts'),
  },
  {
    name: 'the gradient of the number of a part without its slope',
    edits: [parts('sum += along * s[i]!', 'sum += along')],
    red: testsOf('parts'),
  },
  {
    name: 'a quotient by windows whose backward pass leans the same way',
    edits: [quotient('reach(i, n, length - 1 - before, length)', 'reach(i, n, before, length)')],
    red: testsOf('window-quotient'),
  },
  {
    name: 'the power left out of the slope of a quotient by windows',
    edits: [quotient('(quarters / 2)', '2')],
    red: testsOf('window-quotient'),
  },
  {
    name: 'a steepness that also multiplies what is subtracted',
    edits: [softmax('(x[p]! - largest[j]!) * steepness', 'x[p]! * steepness - largest[j]!')],
    red: [{ file: 'tests/norms/magnitudes.test.ts', only: 'sim_norm' }],
  },
].map((patch) => ({ ...patch, stands: [82] }));

/** Arrays by steps, and samples beside others. */
const layouts: readonly Patch[] = [
  {
    name: 'elements skipped without moving the first',
    edits: [
      strided(
        'offset: stride.reduce((place, step, axis) => place + step * skipped(from[axis]), offset)',
        'offset',
      ),
    ],
    red: [{ file: 'tests/array/strided.test.ts' }],
  },
  {
    name: 'backward steps that start at the front',
    edits: [strided('step < 0 ? place + stride[axis]! * (shape[axis]! - 1) : place', 'place')],
    red: [{ file: 'tests/array/strided.test.ts' }],
  },
  {
    name: 'an index that counts whole steps of the wrong axis',
    edits: [
      strided(
        'place + step * at[axis]!, this.offset',
        'place + step * at[at.length - 1 - axis]!, this.offset',
      ),
    ],
    red: [{ file: 'tests/array/strided.test.ts' }],
  },
  {
    name: 'two roundings for one where factors stretch otherwise',
    edits: [
      products(
        'return sumOfProducts(a, spread(s, shape), b, spread(t, shape))',
        'return add(mul(a, s), b ? mul(b, t) : t)',
      ),
    ],
    red: [{ file: 'tests/array/products.test.ts' }],
  },
  {
    name: 'a sample whose weights choose how another is computed',
    edits: [running('isShared && isModerate(factor)', 'isModerate(factor)')],
    red: [{ file: 'tests/norms/modulated-norm.test.ts' }],
  },
].map((patch) => ({ ...patch, stands: [83] }));

export const fused: readonly Patch[] = [...kernels, ...layouts];
