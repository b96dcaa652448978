import { NormtapeError } from '../error.js';

/** What a training that rests keeps others from, until it ends. */
export class Claim {
  isOpen = true;

  on(...parts: readonly object[]): void {
    for (const part of parts) claims.set(part, this);
  }
}

const claims = new WeakMap<object, Claim>();

/** Throws if another training has claimed one of these parts and not ended. */
export function demandFree(
  where: string,
  parts: Readonly<Record<'model' | 'optimizer', readonly object[]>>,
  own?: Claim,
): void {
  for (const name of ['model', 'optimizer'] as const) {
    const isTaken = parts[name].some((part) => {
      const claim = claims.get(part);
      return claim !== own && claim?.isOpen;
    });
    if (!isTaken) continue;
    throw new NormtapeError({
      where: `${where}: ${name}`,
      expected:
        name === 'model' ? 'a model that no other training uses' : 'an optimizer that no other training uses',
      received: `the ${name} of a fitAsync that has not ended`,
      hint: 'Await its promise first, or stop it by a signal.',
    });
  }
}
