import { NormtapeError } from '../error.js';

const claimed = new WeakSet<object>();

/** Throws if a model or an optimizer belongs to a training that rests. */
export function demandFree(model: object, optimizer: object): void {
  const where = [model, optimizer].findIndex((one) => claimed.has(one));
  if (where < 0) return;
  const part = ['model', 'optimizer'][where]!;
  throw new NormtapeError({
    where: `fit: ${part}`,
    expected: `a ${part} that no other training uses`.replace('a o', 'an o'),
    received: 'that of a fitAsync which has not ended',
    hint: 'Await its promise first, or stop it by a signal.',
  });
}

/** Keeps other trainings from a model and an optimizer while f runs. */
export async function claiming<Y>(owned: readonly object[], f: () => Promise<Y>): Promise<Y> {
  for (const one of owned) claimed.add(one);
  try {
    return await f();
  } finally {
    for (const one of owned) claimed.delete(one);
  }
}
