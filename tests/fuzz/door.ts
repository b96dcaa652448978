import fc from 'fast-check';
import { anySeed } from '../../src/array/index.js';
import { NormtapeError } from '../../src/error.js';

/** An entry point for untrusted input, and a generator of such input. */
export interface Door<T = unknown> {
  readonly name: string;
  readonly input: fc.Arbitrary<T>;
  /**
   * Processes one input. It may throw a NormtapeError; any other error is a finding, and so is a broken promise about
   * state.
   */
  readonly enter: (input: T) => void | Promise<void>;
  /** The share of the inputs that the short form in `npm test` tries: 1, unless one input is expensive. */
  readonly share?: number;
}

/** A door with the type of its inputs erased. */
export const door = <T>(one: Door<T>): Door => one as Door;

/** The result of trying many inputs at one door. */
export interface Report {
  readonly inputs: number;
  readonly accepted: number;
  /** The number of refusals by the place that the error names. */
  readonly refused: ReadonlyMap<string, number>;
  /** The input that took the longest, in words, and its time in milliseconds. */
  readonly slowest: { readonly words: string; readonly milliseconds: number };
  /** The number of errors other than NormtapeError, by message and source line. */
  readonly raw: ReadonlyMap<string, number>;
  /** The first finding, with its seed, path and smallest counterexample; undefined if there is none. */
  readonly finding: string | undefined;
}

/** Tries `inputs` inputs at a door, and shrinks the first that causes a raw error. */
export async function fuzz({ name, input, enter }: Door, inputs: number, seed = anySeed()): Promise<Report> {
  const [refused, raw] = [new Map<string, number>(), new Map<string, number>()];
  let accepted = 0;
  let slowest: { readonly value: unknown; readonly milliseconds: number } = {
    value: undefined,
    milliseconds: 0,
  };
  const counted = fc.asyncProperty(input, async (value) => {
    const start = performance.now();
    try {
      await enter(value);
      accepted++;
    } catch (error) {
      if (error instanceof NormtapeError) count(refused, placeOf(error));
      else count(raw, kindOf(error));
    }
    const milliseconds = performance.now() - start;
    if (milliseconds > slowest.milliseconds) slowest = { value, milliseconds };
  });
  await fc.assert(counted, { numRuns: inputs, seed });
  const { value, milliseconds } = slowest;
  const report = { inputs, accepted, refused, slowest: { words: described(value), milliseconds }, raw };
  if (raw.size === 0) return { ...report, finding: undefined };
  const smallest = fc.asyncProperty(input, async (value) => {
    try {
      await enter(value);
    } catch (error) {
      if (!(error instanceof NormtapeError)) throw error;
    }
  });
  return { ...report, finding: `${name}: ${printed(await fc.check(smallest, { numRuns: inputs, seed }))}` };
}

const count = (counts: Map<string, number>, kind: string): void => {
  counts.set(kind, (counts.get(kind) ?? 0) + 1);
};

/** The message of a raw error, and the line in src where it was thrown. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${typeof error}`;
  const place = /src\/[\w/-]+\.ts:\d+/.exec(error.stack ?? '')?.[0] ?? 'outside of src';
  return `${place} ${error.name}: ${error.message.slice(0, 80)}`;
}

/** Names, numbers and positions differ from input to input, so the kind of a refusal is the function before them. */
const placeOf = ({ report: { where } }: NormtapeError): string =>
  /^[\w .-]{1,30}/.exec(where)?.[0] ?? '(a name)';

/** An input in its own words, if it has some. */
const described = (input: unknown): string =>
  Object(input) === input && 'words' in (input as object)
    ? (input as { words: string }).words
    : fc.stringify(input);

/** A finding as text: seed, path, the smallest input, described if possible, and the error. */
function printed({
  seed,
  counterexamplePath,
  counterexample,
  errorInstance,
}: fc.RunDetails<[unknown]>): string {
  const words = described((counterexample as readonly unknown[] | null)?.[0]);
  const error = errorInstance instanceof Error ? errorInstance.stack : fc.stringify(errorInstance);
  return `seed ${seed}, path ${counterexamplePath}\nsmallest input: ${words}\n${error}`;
}
