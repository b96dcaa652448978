import { arena } from '../../src/kernels/index.js';
import { engine } from '../../src/kernels/choice.js';
import { float32 } from '../../src/kernels/js/generated/float32.js';
import { float64 } from '../../src/kernels/js/generated/float64.js';

/** Whether an unrolled loop ran and finished: kernels that decline call the general one, whose bits may be the same. */
export function ranUnrolled(run: () => void): boolean {
  let ran = false;
  const restored = [float32, float64].map((loops) => {
    const own = { ...loops };
    for (const [name, loop] of Object.entries(loops)) {
      if (typeof loop !== 'function') continue;
      const watched = (...given: readonly never[]): unknown => {
        const result: unknown = (loop as (...given: readonly never[]) => unknown)(...given);
        if (result !== false) ran = true;
        return result;
      };
      Object.assign(loops, { [name]: watched });
    }
    return () => Object.assign(loops, own);
  });
  try {
    run();
  } finally {
    for (const restore of restored) restore();
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
