import type { NdArray } from '../array/index.js';
import type { Norm, OptionsOf, Situation } from './norm.js';
import { demandApplied, demandPulled, present } from './returned.js';

/** The norm as a rule on lists of arrays, x first, then these parameters and inputs besides x: the form the tape takes. */
export const rule =
  <N extends Norm>(
    norm: N,
    names: readonly string[],
    options: OptionsOf<N>,
    situation: Situation<string>,
    beside: readonly string[] = [],
  ) =>
  (arrays: readonly NdArray[]) => {
    const named = (list: readonly string[], from: number) => {
      const record: Record<string, NdArray | undefined> = {};
      for (let i = 0; i < list.length; i++) record[list[i]!] = arrays[from + i];
      return record;
    };
    const parameters = named(names, 1);
    const inputs = beside.length === 0 ? NOTHING : named(beside, 1 + names.length);
    const applied = demandApplied(
      norm,
      options,
      norm.apply(arrays[0]!, parameters, options, { ...situation, inputs }),
    );
    const { value, state, parameters: set } = applied;
    const single = !isList(value);
    const seed = (gradients: readonly NdArray[]) => (single ? gradients[0]! : gradients);
    return {
      values: single ? [value] : value,
      state: state === undefined ? undefined : present(`${norm.type}.apply: state`, state),
      parameters: set === undefined ? undefined : present(`${norm.type}.apply: parameters`, set),
      ...(applied.backwardState && {
        backwardState: (gradients: readonly NdArray[], now: Readonly<Record<string, NdArray>>) =>
          present(`${norm.type}.apply: backwardState`, applied.backwardState!(seed(gradients), now)),
      }),
      pullback(gradients: readonly NdArray[]) {
        const pulled = demandPulled(norm, applied.pullback(seed(gradients)));
        const all: (NdArray | undefined)[] = [pulled['x']];
        for (const name of names) all.push(pulled[name]);
        for (const name of beside) all.push(pulled[name]);
        return all;
      },
    };
  };

const NOTHING: Readonly<Record<string, never>> = Object.freeze({});

const isList = (value: NdArray | readonly NdArray[]): value is readonly NdArray[] => Array.isArray(value);
