import type { PulledBack } from '../norms/algebra.js';

/** Arrays by name, those of statistics that a backward pass left by the name for them. */
export const afterBackward = <A>(state: Readonly<Record<string, A>>): Readonly<Record<string, A>> =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => [`${name} after the backward pass`, value]),
  );

/** The gradients of a rule, by names as dx, and the statistics that its backward pass left. */
export const pulledByName = <T>({
  x,
  parameters,
  state = {},
}: PulledBack<T>): Readonly<Record<string, T>> => ({
  dx: x,
  ...Object.fromEntries(Object.entries(present(parameters)).map(([name, value]) => [`d${name}`, value])),
  ...afterBackward(present(state)),
});

const present = <T>(named: Readonly<Record<string, T | undefined>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(named).filter((entry): entry is [string, T] => entry[1] !== undefined));
