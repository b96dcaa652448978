import { type Patch, all, change, layers } from '../patch.js';

// Mistakes that no check of a pure function sees: arrays that are shared, or kept too long.

const sweep = change('src/autograd');
const normalize = change('src/array/normalized-groups.ts');
const pulledBack = change('pulledBack');
const array = change('src/array');

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
        'readonly #measures: View',
        'get #measures(): View { return LATEST.room!; }\n  set #measures(room: View) { LATEST.room = room; }',
        'const LATEST: { room?: View } = {};',
      ),
    ],
    // The lengths that band_logit_norm goes on to normalize take the place of its own at once, in every call.
    red: layers(...UNIT.filter((type) => type !== 'band_logit_norm')),
  },
  {
    name: 'what x̂ is computed of again, shared between two calls of one size',
    stands: [32],
    edits: [
      normalize(
        'x: layout.arrange(this.#x)',
        'x: shared(this.#x, layout.arrange(this.#x), this.value === undefined)',
        `const SHARED: Record<string, kernels.Numbers> = {};
function shared({ dtype, shape }: NdArray, numbers: kernels.Numbers, first = false) {
  const kept = (SHARED[\`\${dtype}\${shape}\`] ??= numbers.slice());
  if (first) kept.set(numbers);
  return kept;
}`,
      ),
    ],
    red: layers(...UNIT),
  },
  {
    name: 'the result shared between two calls of one size',
    stands: [32],
    edits: [
      normalize(
        'out = layout.room()',
        'out = (SHARED[`${x.dtype}${x.shape}${inner}`] ??= lifetime.keep(layout.room()))',
        "import * as lifetime from './lifetime.js';\nconst SHARED: Record<string, ReturnType<typeof empty>> = {};",
      ),
    ],
    // Other pullbacks compute from x again; these read the result itself.
    red: layers('global_response_norm', 'band_rms', 'adaptive_band_rms'),
  },
  {
    name: 'weights of a layer read in the backward pass',
    stands: [33],
    edits: [
      change('src/norms/layer.ts')(
        'return isFirstBackward',
        'if (true) return { ...result, pullback: (g) => apply([x, ...parameters.values(), ...tensors].map(({ value }) => value)).pullback(g) }; return isFirstBackward',
      ),
    ],
    red: layers(...LEARNED),
  },
  {
    name: 'weights of an op read in the backward pass',
    stands: [33],
    edits: [
      sweep(
        'result.values ? result.pullback : pullbackOf(result)',
        'result.values ? result.pullback : pullbackOf({ ...result, pullback: (g, needed) => applied(rule, inputs).pullback(g as never, needed) })',
      ),
    ],
    red: [LAWS],
  },
  {
    name: 'the gradient overwritten in place',
    stands: [34],
    edits: [
      pulledBack('ofX: own(ofX.store.numbers)', 'ofX: own(incoming.gradient)'),
      pulledBack('layout.restore(ofX)', 'layout.restore((ofX.store.numbers.set(incoming.gradient), ofX))'),
    ],
    red: layers('max_logit_norm', 'layer_norm', 'rms_norm', 'zero_centered_rms_norm', 'batch_norm'),
  },
  {
    name: 'x overwritten in place',
    stands: [34],
    edits: [
      normalize(
        'kernels.normalize(taskOf(task, block, blocks), partOf(out.store.numbers, block, blocks))',
        '{\n  const own = layout.arrange(x);\n  kernels.normalize({ ...task, x: own }, own);\n  out.store.numbers.set(own);\n  }',
      ),
    ],
    red: layers(...UNIT, 'global_response_norm', 'dml_plus_center'),
  },
  {
    name: 'views read as if they had no strides',
    stands: [35],
    edits: [array('if (!isRowMajor(a)) return', 'if (numbersOf(a).length < sizeOf(a.shape)) return')],
    red: [
      ...layers(...UNIT, 'global_response_norm', 'dml_plus_center'),
      all('tests/array/reduce.test.ts'),
      LAWS,
    ],
  },
  {
    name: 'views read as if they had no offset',
    stands: [35],
    edits: [array('a.offset, a.offset + size', '0, size')],
    red: [all('tests/array/reduce.test.ts'), all('tests/array/select.test.ts')],
  },
  {
    name: 'a broadcast row read as if it were not stretched',
    stands: [35],
    edits: [array('i < lead || sizes[i - lead] === 1 ?', 'i < lead ?')],
    red: [all('tests/array/elementwise.test.ts'), all('tests/ops/gradients.test.ts')],
  },
  {
    name: 'a second backward pass finds an empty tape, and says nothing',
    stands: [36],
    edits: [
      change('src/autograd/vjp.ts')(
        '=> sweep({ entries, outputs',
        '=> sweep({ entries: entries.splice(0), outputs',
      ),
    ],
    red: [TAPE, LAWS, ...layers(...UNIT)],
  },
  {
    name: 'a second backward pass adds to the first',
    stands: [36],
    edits: [
      sweep(
        'Array<NdArray | undefined>(slots).fill(undefined)',
        'EARLIER',
        'const EARLIER: (NdArray | undefined)[] = [];',
      ),
    ],
    red: [TAPE, LAWS, ...layers(...UNIT)],
  },
];
