import { type Dtype, type NdArray, copy, flat, full, scale } from '../array/index.js';
import { gradcheck } from '../autograd/gradcheck/gradcheck.js';
import { Tensor } from '../autograd/tape.js';
import { vjp } from '../autograd/vjp.js';
import type { Module } from '../nn/module.js';
import type { Measure, Trying } from './runner.js';
import { gap } from './trials.js';

/** What a law of a module may try it on. */
export interface ModuleTrial {
  readonly module: Module;
  readonly inputs: readonly Tensor[];
  /** The outputs for these inputs or others, from the weights, statistics and generators that the module came with. */
  run(...inputs: readonly Tensor[]): readonly Tensor[];
}

/** What a module is called with. */
export interface ModuleCase {
  readonly inputs: readonly Tensor[];
  readonly training: boolean;
  readonly seed: number;
}

/** The same, set up. */
export interface ModuleTried extends ModuleTrial, ModuleCase {
  /** Brings weights, statistics and generators back to where they were. */
  reset(): void;
  seedsFor(outputs: readonly Tensor[]): readonly Tensor[];
}

/** The outputs of a module, in a list. */
export const call = (module: Module, inputs: readonly Tensor[]): readonly Tensor[] => {
  const forward = module.forward as (...inputs: readonly Tensor[]) => Tensor | readonly Tensor[];
  return [forward.call(module, ...inputs)].flat();
};

const TOLERANCE = 1e-8;

/** Outputs, and gradients of the inputs and the weights. */
function everything({ run, inputs, module, seedsFor }: ModuleTried, factor = 1) {
  const { value, pullback } = vjp(() => run(...inputs));
  const leaves = [...inputs, ...module.parameters()];
  const pull = (times: number): readonly NdArray[] => {
    const pulled = pullback(seedsFor(value).map((seed) => new Tensor(scale(seed.value, times))));
    return leaves.map((leaf) => pulled.of(leaf)?.value ?? full(leaf.shape, 0, leaf.dtype));
  };
  return { outputs: value.map((y) => y.value), gradients: pull(factor), pull };
}

const exact = (deviation: number): Measure => ({ deviation, bound: 0 });

const finite = (a: NdArray): boolean => flat(a).every(Number.isFinite);

/** What every module owes. */
export const owed = (dtype: Dtype): readonly Trying<ModuleTried>[] => [
  {
    name: 'gradients',
    claim:
      'Every gradient agrees with finite differences of the output, relative to the largest gradient in its row.',
    measure({ inputs, module, seed, reset }) {
      if (dtype !== 'float64') return undefined;
      const leaves = [...inputs, ...module.parameters()];
      const names = [...inputs.map((_, i) => `input ${i}`), ...module.namedParameters().keys()];
      const report = gradcheck(
        (...tensors: Tensor[]) => {
          // Those weights that are moved lie in the module already; the rest starts anew.
          const weights = module.parameters();
          const moved = weights.map(({ value }) => value);
          reset();
          weights.forEach((weight, i) => (weight.value = moved[i]!));
          return call(module, tensors.slice(0, inputs.length));
        },
        leaves,
        { seed, tolerance: TOLERANCE },
      );
      const { ok, checked, deviation, findings, worst } = report;
      if (checked === 0) return undefined;
      const nothing = deviation > TOLERANCE && Math.abs(worst!.claimed - worst!.measured) < 1e-12;
      if (ok || nothing) return { deviation: nothing ? 0 : deviation, bound: TOLERANCE };
      const detail = findings.join(' ').replace(/\b[Ii]nput (\d+)/g, (_, k: string) => names[Number(k)]!);
      return { deviation: Math.max(deviation, 2 * TOLERANCE), bound: TOLERANCE, detail };
    },
  },
  {
    name: 'repeatable',
    claim: 'The same weights, statistics and generators give the same outputs and gradients, bit for bit.',
    measure(tried) {
      const [one, other] = [everything(tried), everything(tried)];
      return exact(
        Math.max(
          gap(one.outputs, other.outputs),
          gap(one.gradients, other.gradients),
          gap(one.gradients, one.pull(1)),
        ),
      );
    },
  },
  {
    name: 'linearPullback',
    claim:
      'The gradient is linear in the seed (the gradient of the output): a seed of 0 gives 0, and 2 or −1 times a seed gives 2 or −1 times the gradient.',
    measure(tried) {
      const { gradients, pull } = everything(tried);
      const off = [0, 2, -1].map((factor) =>
        gap(
          pull(factor),
          gradients.map((g) => scale(g, factor)),
        ),
      );
      return { deviation: Math.max(...off), bound: dtype === 'float32' ? 2 ** -126 : 2 ** -1022 };
    },
  },
  {
    name: 'nothingWritten',
    claim: 'No input and no weight is overwritten.',
    measure(tried) {
      const { inputs, module } = tried;
      const watched = [...inputs, ...module.parameters()].map(({ value }) => value);
      const before = watched.map(copy);
      everything(tried);
      return exact(gap(watched, before));
    },
  },
  {
    name: 'finite',
    claim: 'Finite inputs give finite outputs and gradients.',
    measure(tried) {
      const { outputs, gradients } = everything(tried);
      return exact([...outputs, ...gradients].every(finite) ? 0 : Infinity);
    },
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
