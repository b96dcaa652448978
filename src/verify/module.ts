import type { Arbitrary } from 'fast-check';
import { Random, type Shape, demandShape, draw, knownDtype } from '../array/index.js';
import { Tensor } from '../autograd/tape.js';
import { isList, isOne } from '../demand.js';
import { NormtapeError } from '../error.js';
import { Module } from '../nn/module.js';
import { entriesOf, resolveBeside } from '../option/index.js';
import * as arbitrary from './arbitraries.js';
import { DEFAULT_RUNS, chosen, demandEffort } from './effort.js';
import { type ModuleCase, type ModuleTrial, type ModuleTried, call, owedByModules } from './module-claims.js';
import { fc } from './peer.js';
import { type ModuleVerification, nested } from './report.js';
import { type Batch, type Trying, tryAll } from './runner.js';
import { VERIFY, type VerifyOptions } from './verify.js';

export type { ModuleTrial } from './module-claims.js';

/** A promise of a module: a sentence, a measure that is 0 if it holds exactly, and the bound that rounding allows. */
export interface ModuleInvariant {
  readonly claim: string;
  /** Left out: for every input. */
  applies?(trial: ModuleTrial): boolean;
  deviation(trial: ModuleTrial): number;
  bound(trial: ModuleTrial): number;
}

/** The options of `verifyModule`; each has a default. */
export interface VerifyModuleOptions extends VerifyOptions {
  /** The shape of its input, or an arbitrary of the list of tensors that it is called with. */
  readonly input: Shape | Arbitrary<readonly Tensor[]>;
  /** Laws of its own, by name. */
  readonly invariants?: Readonly<Record<string, ModuleInvariant>>;
}

/**
 * Tries what every module owes, and its own laws: gradients against differences, the same bits again, a pullback that
 * is linear, nothing written, statistics that inference keeps, and a state that can be taken over. It is tried with
 * the weights it has, in training and at inference, and left as it was found; one that is unbuilt is built in the
 * dtype, float64 when left out. Every claim starts from that state, whatever the claim before it did. Gradients can be
 * checked in float64 alone.
 */
export function verifyModule(module: Module, given: VerifyModuleOptions): ModuleVerification {
  const where = 'verifyModule';
  const known = ['input', 'invariants', ...VERIFY] as const;
  const {
    input,
    invariants = {},
    runs = DEFAULT_RUNS,
    seed = 0,
    dtype = 'float64',
    only,
    path,
  } = resolveBeside(where, {}, given, known);
  demandSubject(where, module, input);
  knownDtype(`${where}.dtype`, dtype);
  demandEffort(where, { runs, seed, path });
  const drawn = (range: arbitrary.RowRange) =>
    isShape(input) ? arbitrary.tensors(input, { dtype, ...range }).map((x) => [x] as const) : input;
  const inputs = drawn({ from: -6, to: 6 });
  const claims = chosen(
    where,
    [...owedByModules(dtype), ...demandInvariants(where, invariants).map(ownClaim)],
    only,
  );
  build(module, inputs);
  const before = module.snapshot();
  const weights = module.snapshot('weights', 'generators');
  const subject = module.constructor.name;
  const batchOf = (
    from: Arbitrary<readonly Tensor[]>,
    gradients: boolean,
  ): Batch<ModuleCase, ModuleTried> => ({
    dtype,
    cases: fc.record({ inputs: from, training: fc.boolean(), seed: arbitrary.seeds() }),
    claims: claims.filter(({ name }) => (name === 'gradients') === gradients).map(fromTheStart),
    set: (given) => setUp(module, given, () => weights.restore()),
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
    const parameters = module.parameters().length;
    const ok = reports.every(({ held }) => held);
    return { subject, ok, parameters, seed, runs, dtypes: [dtype], claims: reports };
  } finally {
    before.restore();
    for (const snapshot of [before, weights]) snapshot.release();
  }
}

/** Throws if this is not a module, such as the function that makes it, or there is nothing to call it with. */
function demandSubject(where: string, module: unknown, input: unknown): void {
  if (!(module instanceof Module)) {
    const hint = 'Pass the module itself, as in verifyModule(new Dense(2), { input: [4, 3] }).';
    throw new NormtapeError({ where, expected: 'a module', received: module, hint });
  }
  if (isShape(input as Shape)) return demandShape(`${where}.input`, input);
  if (isOne(isArbitrary, input)) return;
  const expected = 'the shape of an input, or an arbitrary of fast-check that makes lists of tensors';
  throw new NormtapeError({ where: `${where}.input`, expected, received: input });
}

const isShape = (input: Shape | Arbitrary<unknown>): input is Shape => isList(input);

const isArbitrary = (input: unknown): input is Arbitrary<unknown> =>
  typeof (input as { generate?: unknown }).generate === 'function';

/** Runs an unbuilt module once, so that its weights are there; at inference, which moves no running statistic. */
function build(module: Module, inputs: Arbitrary<readonly Tensor[]>): void {
  if (module.built) return;
  const [first] = fc.sample(inputs, { numRuns: 1, seed: 0 });
  const before = module.snapshot();
  try {
    module.eval();
    call(module, first!);
  } finally {
    before.restore();
    before.release();
  }
}

/** The same claim, tried in the mode of the case, from the state that the module came with. */
const fromTheStart = (claim: Trying<ModuleTried>): Trying<ModuleTried> => ({
  ...claim,
  measure(tried) {
    tried.module[tried.training ? 'train' : 'eval']();
    tried.reset();
    return claim.measure(tried);
  },
});

function setUp(module: Module, given: ModuleCase, reset: () => void): ModuleTried {
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

/** The invariants, each read once; throws if one is no object with a claim and two functions. */
function demandInvariants(where: string, given: unknown): readonly (readonly [string, ModuleInvariant])[] {
  const entries = entriesOf(given);
  const isLaw = (law: unknown): boolean => {
    const { claim, deviation, bound } = Object.fromEntries(entriesOf(law) ?? []);
    return typeof claim === 'string' && typeof deviation === 'function' && typeof bound === 'function';
  };
  if (entries?.every(([, law]) => isLaw(law))) return entries as [string, ModuleInvariant][];
  const expected = 'laws by name, each with its claim, deviation and bound';
  throw new NormtapeError({ where: `${where}.invariants`, expected, received: given });
}

const ownClaim = ([name, law]: readonly [string, ModuleInvariant]): Trying<ModuleTried> => ({
  name,
  claim: law.claim,
  measure: (tried) =>
    law.applies && !law.applies(tried)
      ? undefined
      : { deviation: law.deviation(tried), bound: law.bound(tried) },
});
