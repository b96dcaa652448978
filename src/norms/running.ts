import type { NdArray } from '../array/index.js';
import { asFirstRead } from '../autograd/checkpoint.js';
import type { Statistic } from '../nn/statistic.js';
import { replacements } from './returned.js';

type Arrays = Readonly<Record<string, NdArray>>;
type State = ReadonlyMap<string, Statistic>;

/** The arrays of the running statistics; those that this call may replace, as a replay must read them again. */
export const readState = (state: State, moves: boolean): Arrays =>
  Object.fromEntries([...state].map(([name, { array }]) => [name, moves ? asFirstRead(array) : array]));

/** The result whose pullback also moves the statistics that the backward pass changes, the first time that it runs. */
export function movingOnce<
  R extends { pullback(gradients: readonly NdArray[]): readonly (NdArray | undefined)[] },
>(
  type: string,
  result: R,
  backwardState: (gradients: readonly NdArray[], now: Arrays) => Arrays,
  state: State,
): R {
  let hasMoved = false;
  return {
    ...result,
    pullback(gradients: readonly NdArray[]) {
      const pulled = result.pullback(gradients);
      if (!hasMoved) {
        const now = Object.fromEntries([...state].map(([name, { array }]) => [name, array]));
        const moved = backwardState(gradients, now);
        for (const [weight, value] of replacements(`${type}.apply: backwardState`, moved, state))
          weight.value = value;
      }
      hasMoved = true;
      return pulled;
    },
  };
}
