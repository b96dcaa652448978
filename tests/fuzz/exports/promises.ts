import { executionContext } from '../../../src/context.js';
import { Module, kernelInfo } from '../../../src/index.js';

/** The state that a rejected call must not change: open scopes and tapes, observers, kernels. */
const situation = (): string =>
  JSON.stringify({ context: [...executionContext()].map(atRest), kernels: kernelInfo() });

/** Whether a variable of the execution context has no value, or an empty list. */
const atRest = ([name, value]: readonly [string, unknown]): readonly [string, boolean] => [
  name,
  Array.isArray(value) ? value.length === 0 : !value,
];

/** The modes of the modules among the arguments, and whether their forward pass is still observed. */
const modes = (args: readonly unknown[]): readonly string[] =>
  args
    .filter((value): value is Module => isModule(value))
    .map((model) => `${model.training} ${Object.hasOwn(model, 'forward')}`);

const isModule = (value: unknown): boolean => {
  try {
    return value instanceof Module;
  } catch {
    return false;
  }
};

/** Records the state before a call; returns a function that throws if the state differs after it. */
export function noted(args: readonly unknown[]): () => void {
  const [before, modesBefore] = [situation(), modes(args)];
  return () => {
    const [after, modesAfter] = [situation(), modes(args)];
    if (after !== before) throw new Error(`A refused call left ${after}, where there was ${before}.`);
    if (String(modesAfter) !== String(modesBefore))
      throw new Error(`A refused call left modes ${modesAfter}.`);
  };
}
