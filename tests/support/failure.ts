import { NormtapeError } from '../../src/error.js';

/** What the error says that f throws; anything but a NormtapeError passes through. */
export const failure = (f: () => unknown): string => {
  try {
    f();
  } catch (error) {
    if (error instanceof NormtapeError) return error.message;
    throw error;
  }
  return 'no error';
};
