import { type NumberOption, number } from '../option/index.js';

export * from '../option/index.js';

/** The ε of a norm: one default, one bound and one alias for all of them. */
export const epsilon = (about: string): NumberOption<'eps'> =>
  number(1e-6, about, { above: 0, explore: [1e-6, 1], aliases: ['eps'] });
