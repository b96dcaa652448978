import { type Dtype, full, scale } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { vjp } from '../autograd/vjp.js';
import type { Module } from '../nn/module.js';
import type { Computation } from './computation.js';
import { SLOPES, finiteness, owed, slopes } from './owed.js';
import type { Measure, Trying } from './runner.js';
import { gap } from './trials.js';

/** A module with inputs, on which a law is tried. */
export interface ModuleTrial {
  readonly module: Module;
  readonly inputs: readonly Tensor[];
  /** The outputs for these inputs or others, from the weights, statistics and generators that the module came with. */
  run(...inputs: readonly Tensor[]): readonly Tensor[];
}

/** The arguments of a module, and its mode. */
export interface ModuleCase {
  readonly inputs: readonly Tensor[];
  readonly training: boolean;
  readonly seed: number;
}

/** A case of a module, set up. */
export interface ModuleTried extends ModuleTrial, ModuleCase {
  /** Restores weights, statistics and generators. */
  reset(): void;
  seedsFor(outputs: readonly Tensor[]): readonly Tensor[];
}

/** The outputs of a module, in a list. */
export const call = (module: Module, inputs: readonly Tensor[]): readonly Tensor[] => {
  const forward = module.forward as (...inputs: readonly Tensor[]) => Tensor | readonly Tensor[];
  return [forward.call(module, ...inputs)].flat();
};

/** The module as a computation of its outputs, from the inputs and its weights. */
function computation({ run, inputs, module, seedsFor }: ModuleTried, dtype: Dtype): Computation {
  const leaves = () => [...inputs, ...module.parameters()];
  return {
    dtype,
    given: leaves().map(({ value }) => value),
    run() {
      const { value, pullback } = vjp(() => run(...inputs));
      return {
        outputs: value.map((y) => y.value),
        seeds: seedsFor(value).map((seed) => seed.value),
        pull(seeds) {
          const pulled = pullback(seeds.map((seed) => new Tensor(seed)));
          const gradients = leaves().map((leaf) => pulled.of(leaf)?.value ?? full(leaf.shape, 0, leaf.dtype));
          return Object.fromEntries(namesOf(module, inputs).map((name, i) => [name, gradients[i]!]));
        },
      };
    },
  };
}

/** The names of the inputs and weights of a module. */
const namesOf = (module: Module, inputs: readonly Tensor[]): readonly string[] => [
  ...inputs.map((_, i) => `input ${i}`),
  ...module.namedParameters().keys(),
];

const exact = (deviation: number): Measure => ({ deviation, bound: 0 });

/** Everything that every module owes. */
export const owedByModules = (dtype: Dtype): readonly Trying<ModuleTried>[] => [
  {
    ...SLOPES,
    measure({ inputs, module, seed, reset }) {
      if (dtype !== 'float64') return undefined;
      const f = (...tensors: Tensor[]) => {
        // The module holds the moved weights already; statistics and generators start anew.
        const weights = module.parameters();
        const moved = weights.map(({ value }) => value);
        reset();
        weights.forEach((weight, i) => (weight.value = moved[i]!));
        return call(module, tensors.slice(0, inputs.length));
      };
      return slopes(f, [...inputs, ...module.parameters()], { seed, names: namesOf(module, inputs) });
    },
  },
  ...owed.map(({ measure, ...claim }) => ({
    ...claim,
    measure: (tried: ModuleTried) => measure(computation(tried, dtype)),
  })),
  {
    name: 'finite',
    claim: 'Finite inputs give finite outputs and gradients.',
    measure: (tried) => finiteness(computation(tried, dtype)),
  },
  {
    name: 'inferenceKeeps',
    claim: 'Inference changes neither a weight nor a statistic.',
    measure({ run, inputs, module, training, reset }) {
      if (training) return undefined;
      reset();
      const before = module.stateDict();
      run(...inputs);
      return exact(gap(Object.values(module.stateDict()), Object.values(before)));
    },
  },
  {
    name: 'stateRoundTrip',
    claim: 'After one training step, loading its earlier state restores its outputs.',
    measure({ run, inputs, module, reset }) {
      const before = run(...inputs).map(({ value }) => value);
      reset();
      const state = module.stateDict();
      for (const weight of module.parameters()) weight.value = scale(weight.value, 1.5);
      module.loadStateDict(state);
      return exact(
        gap(
          call(module, inputs).map(({ value }) => value),
          before,
        ),
      );
    },
  },
];
