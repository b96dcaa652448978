import { NormtapeError } from '../error.js';

/** An error of one of several tasks, after which the others went on. */
export interface Failure {
  /** The name of the normalization or of the training. */
  readonly name: string;
  readonly when: 'building' | 'training' | 'timing' | 'verifying';
  /** The message of the error. */
  readonly message: string;
}

/** A failure with the message of a thrown value, which need not be an Error. */
export const failureOf = (name: string, when: Failure['when'], error: unknown): Failure => ({
  name,
  when,
  message: messageOf(error),
});

function messageOf(error: unknown): string {
  if (error instanceof NormtapeError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** A failure in one line. */
export const failureText = ({ name, when, message }: Failure): string =>
  `${name} failed in ${when}: ${message}`;

/** The subjects that can be built, and the failures of the others. Throws the first error if none can be built. */
export function built<T>(
  subjects: readonly T[],
  nameOf: (subject: T) => string,
  build: (subject: T) => void,
): { readonly sound: readonly T[]; readonly failures: readonly Failure[] } {
  const sound: T[] = [];
  const errors: { readonly name: string; readonly error: unknown }[] = [];
  for (const subject of subjects) {
    try {
      build(subject);
      sound.push(subject);
    } catch (error) {
      errors.push({ name: nameOf(subject), error });
    }
  }
  const [first] = errors;
  if (sound.length === 0 && first) {
    // If all fail alike, the cause is not one of them.
    const isCommon =
      errors.length > 1 && errors.every(({ error }) => messageOf(error) === messageOf(first.error));
    throw isCommon && first.error instanceof NormtapeError ? first.error : named(first.name, first.error);
  }
  return { sound, failures: errors.map(({ name, error }) => failureOf(name, 'building', error)) };
}

/** An error that names the subject that cannot be built. */
export function named(name: string, error: unknown): NormtapeError {
  if (!(error instanceof NormtapeError)) {
    return new NormtapeError({
      where: name,
      expected: 'a norm that can be built',
      received: messageOf(error),
    });
  }
  const { report } = error;
  return new NormtapeError({ ...report, where: `${name}: ${report.where}` });
}
