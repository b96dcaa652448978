import type { Arbitrary } from 'fast-check';
import {
  type Dtype,
  type NdArray,
  type Shape,
  Random,
  copy,
  draw,
  flat,
  full,
  scale,
} from '../array/index.js';
import { gradcheck } from '../autograd/gradcheck/gradcheck.js';
import { Tensor } from '../autograd/tape.js';
import { vjp } from '../autograd/vjp.js';
import type { Module } from '../nn/module.js';
import * as arbitrary from './arbitraries.js';
import { gap } from './trials.js';
import { fc } from './peer.js';
import type { Verification } from './report.js';
import { type Batch, type Measure, type Trying, chosen, demandEffort, nested, tryAll } from './runner.js';
import type { VerifyOptions } from './verify.js';

/** What a law of a module may try it on. */
export interface ModuleTrial {
  readonly module: Module;
  readonly inputs: readonly Tensor[];
  /** The outputs for these inputs or others, from the weights, statistics and generators that the module came with. */
  run(...inputs: readonly Tensor[]): readonly Tensor[];
}

/** A promise of a module: a sentence, a measure that is 0 where it holds exactly, and what rounding may do. */
export interface ModuleInvariant {
  readonly claim: string;
  /** Left out: for every input. */
  applies?(trial: ModuleTrial): boolean;
  deviation(trial: ModuleTrial): number;
  bound(trial: ModuleTrial): number;
}

export interface VerifyModuleOptions extends VerifyOptions {
  /** The shape of its input, or an arbitrary of the list of tensors that it is called with. */
  readonly input: Shape | Arbitrary<readonly Tensor[]>;
  /** Laws of its own, by name. */
  readonly invariants?: Readonly<Record<string, ModuleInvariant>>;
}

interface ModuleCase {
  readonly inputs: readonly Tensor[];
  readonly training: boolean;
  readonly seed: number;
}

interface ModuleTried extends ModuleTrial, ModuleCase {
  /** Brings weights, statistics and generators back to where they were. */
  reset(): void;
  seedsFor(outputs: readonly Tensor[]): readonly Tensor[];
}

const TOLERANCE = 1e-8;

/**
 * Tries what every module owes, and its own laws: gradients against differences, the same bits again, a pullback that
 * is linear, nothing written, statistics that inference keeps, and a state that can be taken over. It is tried with
 * the weights it has, in training and at inference, and left as it was found; one that is unbuilt is built in the
 * dtype, float64 when left out. Gradients can be checked in float64 alone.
 */
export function verifyModule(
  module: Module,
  { input, invariants = {}, runs = 100, seed = 0, dtype = 'float64', only, path }: VerifyModuleOptions,
): Verification {
  const where = 'verifyModule';
  demandEffort(where, { runs, seed });
  const drawn = (range: arbitrary.RowRange) =>
    isShape(input) ? arbitrary.tensors(input, { dtype, ...range }).map((x) => [x] as const) : input;
  const inputs = drawn({ from: -6, to: 6 });
  build(module, inputs);
  const keep = snapshot(module);
  const subject = module.constructor.name;
  const claims = chosen(where, [...owed(dtype), ...Object.entries(invariants).map(ownClaim)], only);
  const batchOf = (
    from: Arbitrary<readonly Tensor[]>,
    gradients: boolean,
  ): Batch<ModuleCase, ModuleTried> => ({
    dtype,
    cases: fc.record({ inputs: from, training: fc.boolean(), seed: arbitrary.seeds() }),
    claims: claims.filter(({ name }) => (name === 'gradients') === gradients),
    set: (given) => setUp(module, given, keep.reset),
    show: (given) => ({
      inputs: given.inputs.map(({ value }) => nested(value)),
      training: given.training,
      seed: given.seed,
    }),
  });
  // A row far from 0 leaves too few digits for differences through several layers.
  const batches = [
    batchOf(drawn({ from: -2, to: 2, kinds: ['mixed'] }), true),
    batchOf(inputs, false),
  ].filter((batch) => batch.claims.length > 0);
  try {
    const steps = tryAll(batches as unknown as readonly Batch<never, never>[], { runs, seed, path });
    let step = steps.next();
    while (!step.done) step = steps.next();
    const reports = step.value;
    return { subject, ok: reports.every(({ held }) => held), seed, runs, dtypes: [dtype], claims: reports };
  } finally {
    keep.restore();
  }
}

const isShape = (input: Shape | Arbitrary<unknown>): input is Shape => Array.isArray(input);

/** Runs an unbuilt module once, so that its weights are there. */
function build(module: Module, inputs: Arbitrary<readonly Tensor[]>): void {
  if (module.built) return;
  const [first] = fc.sample(inputs, { numRuns: 1, seed: 0 });
  call(module, first!);
}

const call = (module: Module, inputs: readonly Tensor[]): readonly Tensor[] => {
  const forward = module.forward as (...inputs: readonly Tensor[]) => Tensor | readonly Tensor[];
  return [forward.call(module, ...inputs)].flat();
};

/** Everything that a module remembers, to be brought back. */
function snapshot(module: Module) {
  const state = module.stateDict();
  const weights = module.parameters().map((weight) => [weight, weight.value] as const);
  const generators = [...module.generators().values()].map((random) => [random, random.state] as const);
  const modes = [...module.namedModules().values()].map((part) => [part, part.training] as const);
  const reset = () => {
    module.loadStateDict(state);
    for (const [weight, value] of weights) weight.value = value;
    for (const [random, at] of generators) random.state = at;
  };
  return {
    reset,
    restore() {
      reset();
      for (const [part, training] of modes) part.training = training;
    },
  };
}

function setUp(module: Module, given: ModuleCase, reset: () => void): ModuleTried {
  if (given.training) module.train();
  else module.eval();
  const random = new Random(given.seed);
  const drawn = new Map<string, Tensor>();
  return {
    ...given,
    module,
    reset,
    run(...inputs) {
      reset();
      return call(module, inputs);
    },
    seedsFor: (outputs) =>
      outputs.map(({ shape, dtype }, i) => {
        const key = `${i}:${shape.join()}`;
        const seed = drawn.get(key) ?? new Tensor(draw(shape, () => random.normal(), dtype));
        drawn.set(key, seed);
        return seed;
      }),
  };
}

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
const owed = (dtype: Dtype): readonly Trying<ModuleTried>[] => [
  {
    name: 'gradients',
    claim:
      'Every gradient is the slope that differences of the output measure, relative to the largest in its row.',
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
    claim:
      'From the same weights, statistics and generators it gives the same bits, and so do its gradients.',
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
      'The gradient is linear in the seed: a seed of 0 gives 0, and one times 2 or −1 gives that many times it.',
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
    claim: 'Neither an input nor a weight is written to.',
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
    claim: 'After it was trained a step away, its state brings its outputs back.',
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

const ownClaim = ([name, law]: readonly [string, ModuleInvariant]): Trying<ModuleTried> => ({
  name,
  claim: law.claim,
  measure: (tried) =>
    law.applies && !law.applies(tried)
      ? undefined
      : { deviation: law.deviation(tried), bound: law.bound(tried) },
});
