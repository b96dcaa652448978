import { NormtapeError } from '../../src/error.js';

/** The message of the NormtapeError that f throws; other errors are passed on. */
export const failure = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof NormtapeError) return error.message;
    throw error;
  }
  return 'no error';
};
