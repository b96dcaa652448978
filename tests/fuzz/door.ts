import fc from 'fast-check';
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
  /** The first finding, with its seed, path and smallest counterexample; undefined if there is none. */
  readonly finding: string | undefined;
}

/** Throws `inputs` inputs at a door and stops at the first finding. */
export async function fuzz({ name, input, enter }: Door, inputs: number, seed?: number): Promise<Report> {
  const refused = new Map<string, number>();
  let accepted = 0;
  let slowest = 0;
  const property = fc.asyncProperty(input, async (value) => {
    const start = performance.now();
    try {
      await enter(value);
      accepted++;
    } catch (error) {
      if (!(error instanceof NormtapeError)) throw error;
      const place = placeOf(error);
      refused.set(place, (refused.get(place) ?? 0) + 1);
    }
    slowest = Math.max(slowest, performance.now() - start);
  });
  const details = await fc.check(property, { numRuns: inputs, ...(seed === undefined ? {} : { seed }) });
  const finding = details.failed ? `${name}: ${printed(details)}` : undefined;
  return { inputs: details.numRuns, accepted, refused, slowest, finding };
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
