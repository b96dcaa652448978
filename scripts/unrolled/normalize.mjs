import { at, loop } from './loop.mjs';
import { double, single } from './statistics.mjs';

/** The combinations of gain and shift, and the suffixes of their loops. */
const WEIGHTS = [
  { suffix: '', gained: false, shifted: false },
  { suffix: 'Gained', gained: true, shifted: false },
  { suffix: 'Shifted', gained: false, shifted: true },
  { suffix: 'Both', gained: true, shifted: true },
];

const MEASURES = 'mean: number, rest: number, root: number';
const gain = (k) => `gain[${at('w', k)}]!`;
const g = (k, gained) => `gradient[${at('p', k)}]!${gained ? ` * ${gain(k)}` : ''}`;
/** The counters of a loop, with or without weights. */
const counters = (weighed) => (weighed ? ['p', 'w'] : ['p']);
const weights = (weighed) => (weighed ? 'let w = 0;' : '');

const write = ({ unit, inverse }, { suffix, gained, shifted }) => `
  function writeRow${suffix}(
    n: number, x: Numbers, p: number, ${MEASURES}, out: Numbers, gain: Numbers, shift: Numbers,
  ): void {
    ${inverse}
    ${weights(gained || shifted)}
    ${loop(counters(gained || shifted), (k) => {
      const scaled = gained ? ` * ${gain(k)}` : '';
      const moved = shifted ? ` + shift[${at('w', k)}]!` : '';
      return `out[${at('p', k)}] = ${unit(k)}${scaled}${moved};`;
    })}
  }
`;

const pull = ({ unit, inverse, adds, balanced }, { suffix, gained, shifted }) => `
  function pullRow${suffix}(
    n: number, x: Numbers, gradient: Numbers, p: number, ${MEASURES},
    gain: Numbers, ofGain: Float64Array, ofShift: Float64Array,
  ): void {
    ${inverse}
    ${weights(gained || shifted)}
    ${adds.declare('radial')}
    ${balanced ? adds.declare('offset') : ''}
    ${loop(
      counters(gained || shifted),
      (k) => `
        const unit = ${unit(k)};
        const dy = gradient[${at('p', k)}]!;
        const g = ${gained ? `dy * ${gain(k)}` : 'dy'};
        ${adds.sum('radial', k)} += g * unit;
        ${balanced ? `${adds.sum('offset', k)} += g;` : ''}
        ${gained ? `ofGain[${at('w', k)}]! += dy * unit;` : ''}
        ${shifted ? `ofShift[${at('w', k)}]! += dy;` : ''}
      `,
    )}
    sums[0] = ${adds.total('radial')};
    ${balanced ? `sums[1] = ${adds.total('offset')};` : ''}
  }
`;

const offset = ({ unit, balanced }, { suffix, gained }) => `
  function offsetRow${suffix}(
    n: number, x: Numbers, gradient: Numbers, p: number, ${MEASURES}, gain: Numbers, radial: number,
  ): number {
    ${
      balanced
        ? 'return sums[1]!;'
        : `
          ${weights(gained)}
          let offset = 0;
          ${loop(counters(gained), (k) => `offset += ${g(k, gained)} - ${unit(k)} * radial;`)}
          return offset;
        `
    }
  }
`;

const push = ({ push: { before, step } }, { suffix, gained }) => `
  function pushRow${suffix}(
    n: number, x: Numbers, gradient: Numbers, p: number, ${MEASURES}, gain: Numbers,
    radial: number, offset: number, pushed: number, out: Numbers,
  ): void {
    ${before}
    ${weights(gained)}
    ${loop(counters(gained), (k) => step(k, `out[${at('p', k)}]`, g(k, gained)))}
  }
`;

const all = (rows, template, dtype) => rows.map((row) => template(dtype, row)).join('\n');

/** Row normalization, forward and backward, as the loops of one dtype; a row begins at p. */
export const normalize = (name) => {
  const dtype = name === 'float32' ? single : double;
  const unshifted = WEIGHTS.filter(({ shifted }) => !shifted);
  return `
    /** The results of a loop over a row. */
    const sums = new Float64Array(3);

    ${dtype.statistics}

    // γ x̂ + β.
    ${all(WEIGHTS, write, dtype)}

    // \`sums\` ← Σ g x̂ for g = γ dy${dtype.balanced ? ', and Σ g' : ''}; dγ += dy x̂ and dβ += dy.
    ${all(WEIGHTS, pull, dtype)}

    // Σ (g − x̂ · radial)${dtype.balanced ? ' is the Σ g of the row that was pulled last: Σ x̂ is rounding' : ''}.
    ${all(unshifted, offset, dtype)}

    // (g − x̂ · radial − offset) / N + pushed · x̂.
    ${all(unshifted, push, dtype)}
  `;
};
