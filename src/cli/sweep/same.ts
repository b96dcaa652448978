import { Random, flat } from '../../array/index.js';
import { noGrad } from '../../autograd/recording.js';
import { type AnyDataset, batches, countOf, isRegression, pick } from '../../data/index.js';
import type { Plan, Variant } from './plan.js';
import { network } from './training.js';

/** The steps in which two variants must agree, and the samples on which their outputs are compared. */
const [STEPS, SAMPLES] = [6, 64];

/** The largest relative difference that rounding in float64 makes within these steps. */
const ROUNDING = 1e-7;

/**
 * Groups of variants that compute the same function on this data: trained in float64 for a few steps, their losses and
 * eval-mode outputs agree up to rounding. No knowledge of the norms is needed. A variant that throws is in no group;
 * its training reports the error. Yields after every variant.
 */
export function* sameFunctions(plan: Plan): Generator<string, readonly (readonly string[])[]> {
  const groups: { readonly trace: readonly number[]; readonly names: string[] }[] = [];
  for (const variant of plan.variants) {
    yield variant.name;
    const trace = attempted(plan, variant);
    if (!trace) continue;
    const twin = groups.find((group) => agree(group.trace, trace));
    if (twin) twin.names.push(variant.name);
    else groups.push({ trace, names: [variant.name] });
  }
  return groups.map(({ names }) => names).filter(({ length }) => length > 1);
}

function attempted(plan: Plan, variant: Variant): readonly number[] | undefined {
  try {
    return traceOf(plan, variant);
  } catch {
    return undefined;
  }
}

function traceOf(plan: Plan, variant: Variant): readonly number[] {
  const { seed, batchSize, learningRates } = plan.settings;
  const { model, step } = network(
    plan,
    { variant, learningRate: learningRates[0]! },
    new Random(seed).seed(),
  );
  const losses: number[] = [];
  for (const batch of batches(plan.split.train, { size: batchSize, seed })) {
    if (losses.length === STEPS) break;
    losses.push(step(wide(batch)).loss);
  }
  const count = Math.min(SAMPLES, countOf(plan.split.test));
  const some = wide(
    pick(
      plan.split.test,
      Array.from({ length: count }, (_, i) => i),
    ),
  );
  model.eval();
  const outputs = noGrad(() => [...flat(model.forward(some.features).value)]);
  return [...losses, ...outputs];
}

function wide(data: AnyDataset): AnyDataset {
  const features = data.features.cast('float64');
  return isRegression(data)
    ? { ...data, features, targets: data.targets.cast('float64') }
    : { ...data, features };
}

function agree(a: readonly number[], b: readonly number[]): boolean {
  const size = Math.max(...a.map(Math.abs));
  return a.every((x, i) => Object.is(x, b[i]) || Math.abs(x - b[i]!) <= ROUNDING * size);
}
