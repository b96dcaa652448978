import { type Patch, all, layers } from '../patch.js';

// What no check of a pure function can see: who shares which array with whom, and for how long.

const SWEEP = 'src/autograd/gradients.ts';
const NORMALIZE = 'src/array/normalize.ts';
const CONTIGUOUS = 'src/array/contiguous.ts';
const sweep = (find: string, replace: string) => ({ file: SWEEP, find, replace });
const normalize = (find: string, replace: string) => ({ file: NORMALIZE, find, replace });
const contiguous = (find: string, replace: string) => ({ file: CONTIGUOUS, find, replace });

const TAPE = all('tests/autograd/tape.test.ts');
const LAWS = all('tests/autograd/laws.test.ts');
const UNIT = [
  'layer_norm',
  'rms_norm',
  'zero_centered_rms_norm',
  'batch_norm',
  'band_rms',
  'adaptive_band_rms',
  'logit_norm',
  'max_logit_norm',
  'band_logit_norm',
  'decoupled_max_logit',
  'dml_plus_focal',
] as const;
const LEARNED = [
  'layer_norm',
  'rms_norm',
  'batch_norm',
  'band_rms',
  'dynamic_tanh',
  'global_response_norm',
] as const;

export const state: readonly Patch[] = [
  {
    name: 'gradients overwritten where a tensor is used twice',
    stands: [31],
    edits: [sweep('sum ? add(sum, gradient) : gradient', 'gradient')],
    red: [TAPE, LAWS, ...layers(...UNIT, 'dynamic_tanh', 'global_response_norm', 'dml_plus_center')],
  },
  {
    name: 'gradients added up in the arrays of others',
    stands: [31, 34],
    edits: [
      sweep(
        'sum ? add(sum, gradient) : gradient',
        'sum && sum.data.length === gradient.data.length && sum.stride.join() === gradient.stride.join() ? (sum.data.forEach((_, i) => (sum.data[i]! += gradient.data[i]!)), sum) : sum ? add(sum, gradient) : gradient',
      ),
    ],
    red: [LAWS],
  },
  {
    name: 'statistics shared between two calls',
    stands: [32],
    edits: [
      normalize(
        'const measures = kernels.normalize(data, unit, groups, recipe);',
        'const measures = Object.assign(SHARED, kernels.normalize(data, unit, groups, recipe));',
      ),
      normalize(
        "export type { Recipe } from '../kernels/index.js';",
        "export type { Recipe } from '../kernels/index.js';\nconst SHARED = {} as kernels.Measures;",
      ),
    ],
    // The lengths that band_logit_norm goes on to normalize take the place of its own at once, in every call.
    red: layers(...UNIT.filter((type) => type !== 'band_logit_norm')),
  },
  {
    name: 'x̂ shared between two calls of one size',
    stands: [32],
    edits: [
      normalize(
        'const unit = store(x.dtype, data.length);',
        'const unit = (SHARED[`${x.dtype}${data.length}`] ??= store(x.dtype, data.length));',
      ),
      normalize(
        "export type { Recipe } from '../kernels/index.js';",
        "export type { Recipe } from '../kernels/index.js';\nconst SHARED: Record<string, Numbers> = {};",
      ),
    ],
    red: layers(...UNIT, 'global_response_norm', 'dml_plus_center'),
  },
  {
    name: 'weights of a layer read on the way back',
    stands: [33],
    edits: [
      {
        file: 'src/norms/layer.ts',
        find: 'record(type, inputs, result.values, result.pullback)',
        replace:
          'record(type, inputs, result.values, (g) => apply(inputs.map(({ value }) => value)).pullback(g))',
      },
    ],
    red: layers(...LEARNED),
  },
  {
    name: 'weights of an op read on the way back',
    stands: [33],
    edits: [
      {
        file: 'src/autograd/primitive.ts',
        find: 'record(op, inputs, [value], ([g]) => pullback(g))[0]',
        replace:
          'record(op, inputs, [value], ([g]) => rule(...(inputs.map((x) => x.value) as unknown as Each<A, NdArray>)).pullback(g))[0]',
      },
    ],
    red: [LAWS],
  },
  {
    name: 'the gradient overwritten in place',
    stands: [34],
    edits: [
      normalize(
        'const out: Numbers = store(x.dtype, sizeOf(x.shape));',
        'const out: Numbers = arrange(ofUnit);',
      ),
    ],
    red: layers('max_logit_norm'),
  },
  {
    name: 'x overwritten in place',
    stands: [34],
    edits: [normalize('const unit = store(x.dtype, data.length);', 'const unit = data;')],
    red: layers(...UNIT, 'global_response_norm', 'dml_plus_center'),
  },
  {
    name: 'views read as if they had no strides',
    stands: [35],
    edits: [contiguous('if (isRowMajor(a)) {', 'if (a.data.length >= size) {')],
    red: [
      ...layers(...UNIT, 'global_response_norm', 'dml_plus_center'),
      all('tests/array/reduce.test.ts'),
      LAWS,
    ],
  },
  {
    name: 'views read as if they had no offset',
    stands: [35],
    edits: [contiguous('a.data.subarray(a.offset, a.offset + size)', 'a.data.subarray(0, size)')],
    red: [all('tests/array/reduce.test.ts'), all('tests/array/select.test.ts')],
  },
  {
    name: 'a broadcast row read as if it were not stretched',
    stands: [35],
    edits: [
      {
        file: 'src/array/broadcast.ts',
        find: 'i < lead || a.shape[i - lead] === 1 ? 0 : a.stride[i - lead]!',
        replace: 'i < lead ? 0 : a.stride[i - lead]!',
      },
    ],
    red: [all('tests/array/elementwise.test.ts'), all('tests/ops/gradients.test.ts')],
  },
  {
    name: 'a second way back finds an empty tape, and says nothing',
    stands: [36],
    edits: [
      {
        file: 'src/autograd/vjp.ts',
        find: 'sweep(entries.toReversed(), outputs, seedsOf(outputs, seed))',
        replace: 'sweep(drain(entries), outputs, seedsOf(outputs, seed))',
      },
    ],
    red: [TAPE, LAWS, ...layers(...UNIT)],
  },
  {
    name: 'a second way back adds to the first',
    stands: [36],
    edits: [
      sweep('const gradients = new Map<Tensor, NdArray>();', 'const gradients = EARLIER;'),
      sweep(
        'const zeros = ({ shape, dtype }: Tensor)',
        'const EARLIER = new Map<Tensor, NdArray>();\nconst zeros = ({ shape, dtype }: Tensor)',
      ),
    ],
    red: [TAPE, LAWS, ...layers(...UNIT)],
  },
];
