import { arena } from '../../src/kernels/index.js';
import { engine } from '../../src/kernels/choice.js';
import { watchUnrolled } from '../../src/kernels/js/unrolled/set.js';

type Loop = (...given: readonly unknown[]) => unknown;

/** Whether an unrolled loop ran and finished: kernels that decline call the general one, whose bits may be the same. */
export function ranUnrolled(run: () => void): boolean {
  let ran = false;
  const watched = (loop: Loop): Loop =>
    function (...given) {
      const result = loop(...given);
      if (result !== false) ran = true;
      return result;
    };
  watchUnrolled(
    (loops) =>
      Object.fromEntries(
        Object.entries(loops as object).map(([name, loop]) => [
          name,
          typeof loop === 'function' ? watched(loop as Loop) : loop,
        ]),
      ) as typeof loops,
  );
  try {
    run();
  } finally {
    watchUnrolled();
  }
  return ran;
}

/** Whether a kernel was compiled: operands outside of the memory are then copied, and the copies freed. */
export function ranCompiled(run: () => void): boolean {
  const memory = arena();
  if (!memory) throw new Error('The kernels in JavaScript run.');
  const used = memory.used;
  const malloc = memory.malloc.bind(memory);
  let copies = 0;
  Object.assign(memory, { malloc: (bytes: number) => (copies++, malloc(bytes)) });
  try {
    run();
  } finally {
    Reflect.deleteProperty(memory, 'malloc');
  }
  if (memory.used.bytes !== used.bytes) throw new Error('A kernel did not free its copies.');
  return copies > 0;
}

/** Runs where neither the memory of the arrays nor the host has room for copies. */
export function withoutRoom(run: () => void): void {
  const on = engine();
  if (!on) throw new Error('The kernels in JavaScript run.');
  const { apart } = on;
  Object.assign(on.arena, { malloc: () => undefined });
  Object.assign(on, { apart: () => undefined });
  try {
    run();
  } finally {
    Reflect.deleteProperty(on.arena, 'malloc');
    Object.assign(on, { apart });
  }
}
