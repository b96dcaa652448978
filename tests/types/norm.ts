// Compiled, never run: a norm may use only laws that its options can state.
import { keepsShape, scalingLaw } from '../../src/norms/laws/index.js';
import { norm } from '../../src/norms/norm.js';
import * as option from '../../src/norms/option.js';

const common = {
  type: 'mine',
  title: '',
  about: '',
  useCase: '',
  formula: '',
  reference: { authors: '', title: '', year: 0, url: '' },
  parameters: {},
  example: { x: [0], parameters: {}, y: [0] },
};

norm({
  ...common,
  options: { axis: option.axes(-1, '') },
  apply: (x) => ({ value: x, pullback: (g) => ({ x: g }) }),
  invariants: {
    keepsShape,
    // @ts-expect-error the law needs epsilon, which this norm lacks
    scalingLaw,
  },
});

norm({
  ...common,
  options: {},
  // @ts-expect-error a pullback must return the gradient of x
  apply: (x) => ({ value: x, pullback: () => ({}) }),
  invariants: {},
});

norm({
  ...common,
  options: {},
  // @ts-expect-error no parameter is named gain
  apply: (x, { gain }) => ({ value: gain ?? x, pullback: (g) => ({ x: g }) }),
  invariants: {},
});

const pair = norm({
  ...common,
  options: {},
  outputs: [
    { name: 'value', about: '' },
    { name: 'length', about: '' },
  ],
  apply: (x) => ({ value: [x, x], pullback: ([g, h]) => ({ x: g === h ? g : h }) }),
  example: { x: [0], parameters: {}, y: [[0], [0]] },
  invariants: {},
});

norm({
  ...common,
  options: {},
  outputs: pair.outputs!,
  // @ts-expect-error two outputs are declared
  apply: (x) => ({ value: x, pullback: ([g]) => ({ x: g }) }),
  example: pair.example,
  invariants: {},
});

const model = norm({
  ...common,
  options: { model: option.choice('focal', '', ['focal', 'center']) },
  apply: (x) => ({ value: x, pullback: (g) => ({ x: g }) }),
  invariants: {},
});

const chosen: 'focal' | 'center' = model.options.model.default;

// @ts-expect-error the default must be one of the choices
option.choice('edge', '', ['focal', 'center']);

norm({
  ...common,
  options: { axis: option.axes(-1, '') },
  parameters: {
    // @ts-expect-error no initializer has this name
    gain: { about: '', sizes: '', shape: () => [], initial: () => 'one' },
  },
  apply: (x) => ({ value: x, pullback: (g) => ({ x: g }) }),
  example: { x: [0], parameters: { gain: 1 }, y: [0] },
  invariants: {},
});

export { chosen };
