import { type Source, expecting, flat } from '../../array/index.js';
import { type Condition, holding } from '../../ops/choose.js';

/** Which steps of sequences exist: [samples, steps] of ones and zeros, or booleans. */
export type StepMask = Condition;

/** A mask in every form in which it is used. */
interface StepMasks {
  /** A condition [samples, steps, 1], for the input. */
  readonly input: Source;
  /** A mask [samples · steps], for the rows of the input that a norm sees. */
  readonly rows: readonly number[];
  /** A condition [samples, 1] for each step. */
  readonly states: readonly Source[];
  /** A mask [samples] for each step. */
  readonly samples: readonly (readonly number[])[];
}

/** Reads a mask; throws if it has another shape, or values other than ones and zeros. */
export function readStepMask(where: string, mask: StepMask, samples: number, steps: number): StepMasks {
  const expected = `the shape [${samples}, ${steps}], of samples and steps`;
  const given = holding(where, mask, undefined, expecting(where, [[samples, steps]], expected));
  const rows = [...flat(given)];
  const bySample = Array.from({ length: samples }, (_, sample) =>
    rows.slice(sample * steps, (sample + 1) * steps),
  );
  const byStep = Array.from({ length: steps }, (_, t) => bySample.map((row) => row[t]!));
  const columns = (lists: readonly (readonly number[])[]) => lists.map((list) => list.map((one) => [one]));
  return { input: columns(bySample), rows, states: columns(byStep), samples: byStep };
}
