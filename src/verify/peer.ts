import { NormtapeError } from '../error.js';

/** fast-check, which draws the cases and shrinks them; whoever uses the kit installs it beside Normtape. */
export const fc = await import('fast-check').then(
  (module) => module.default,
  () => {
    const hint = 'Add it with npm install --save-dev fast-check.';
    throw new NormtapeError({
      where: 'normtape/verify',
      expected: 'the package fast-check, version 4',
      received: 'nothing of that name',
      hint,
    });
  },
);
