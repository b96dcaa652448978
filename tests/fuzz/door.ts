import fc from 'fast-check';
import { anySeed } from '../../src/array/index.js';
import { NormtapeError } from '../../src/error.js';

/** An entrance for input from strangers, and the kind of input that is thrown at it. */
export interface Door<T = unknown> {
  readonly name: string;
  readonly input: fc.Arbitrary<T>;
  /** Takes one input. A NormtapeError refuses it; any other error is a finding, broken promises about state too. */
  readonly enter: (input: T) => void | Promise<void>;
  /** The share of the asked number of inputs that the short form of `npm test` tries: 1 unless one input is costly. */
  readonly share?: number;
}

/** A door as a value of one type, whatever its inputs are. */
export const door = <T>(one: Door<T>): Door => one as Door;

/** The result of throwing many inputs at one door. */
export interface Report {
  readonly inputs: number;
  readonly accepted: number;
  /** The refusals, counted by the place that their error names. */
  readonly refused: ReadonlyMap<string, number>;
  /** The longest time that one input took, in milliseconds. */
  readonly slowest: number;
  /** Errors that are no NormtapeError, counted by what they say and where they were thrown. */
  readonly raw: ReadonlyMap<string, number>;
  /** The first finding, with its seed, path and smallest counterexample; undefined if there is none. */
  readonly finding: string | undefined;
}

/** Throws `inputs` inputs at a door; the first that gets a raw error is then made smaller. */
export async function fuzz({ name, input, enter }: Door, inputs: number, seed = anySeed()): Promise<Report> {
  const [refused, raw] = [new Map<string, number>(), new Map<string, number>()];
  let accepted = 0;
  let slowest = 0;
  const counted = fc.asyncProperty(input, async (value) => {
    const start = performance.now();
    try {
      await enter(value);
      accepted++;
    } catch (error) {
      if (error instanceof NormtapeError) count(refused, placeOf(error));
      else count(raw, kindOf(error));
    }
    slowest = Math.max(slowest, performance.now() - start);
  });
  await fc.assert(counted, { numRuns: inputs, seed });
  const report = { inputs, accepted, refused, slowest, raw };
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

/** What a raw error says, and the place in src where it was thrown. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown: ${typeof error}`;
  const place = /src\/[\w/-]+\.ts:\d+/.exec(error.stack ?? '')?.[0] ?? 'outside of src';
  return `${place} ${error.name}: ${error.message.slice(0, 80)}`;
}

/** Names, numbers and positions differ from input to input; the function before them is the kind. */
const placeOf = ({ report: { where } }: NormtapeError): string =>
  /^[\w .-]{1,30}/.exec(where)?.[0] ?? '(a name)';

/** What replays a finding: seed, path, the smallest input, in its own words if it has some, and the error. */
function printed({
  seed,
  counterexamplePath,
  counterexample,
  errorInstance,
}: fc.RunDetails<[unknown]>): string {
  const input = (counterexample as readonly unknown[] | null)?.[0];
  const words =
    Object(input) === input && 'words' in (input as object)
      ? (input as { words: string }).words
      : fc.stringify(input);
  const error = errorInstance instanceof Error ? errorInstance.stack : fc.stringify(errorInstance);
  return `seed ${seed}, path ${counterexamplePath}\nsmallest input: ${words}\n${error}`;
}
