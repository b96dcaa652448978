import { executionContext } from '../../../src/context.js';
import { Module, kernelInfo } from '../../../src/index.js';

/** What a call may not leave behind: an open scope or tape, a watcher, other kernels. */
const situation = (): string =>
  JSON.stringify({ context: [...executionContext()].map(atRest), kernels: kernelInfo() });

/** Whether a variable of the execution context has no value, or an empty list. */
const atRest = ([name, value]: readonly [string, unknown]): readonly [string, boolean] => [
  name,
  Array.isArray(value) ? value.length === 0 : !value,
];

/** What is wrong of the modules that a call was given: another mode, or a forward pass that is watched still. */
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

/** Notes how things stand before a call; what it returns throws if they stand otherwise after it. */
export function noted(args: readonly unknown[]): () => void {
  const [before, modesBefore] = [situation(), modes(args)];
  return () => {
    const [after, modesAfter] = [situation(), modes(args)];
    if (after !== before) throw new Error(`A refused call left ${after}, where there was ${before}.`);
    if (String(modesAfter) !== String(modesBefore))
      throw new Error(`A refused call left modes ${modesAfter}.`);
  };
}
