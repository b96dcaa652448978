import type { Module } from './module.js';

/** Runs f, which is told by `running` the name of the innermost module whose `forward` runs; undefined outside of all. */
export function withRunning<Y>(model: Module, f: (running: () => string | undefined) => Y): Y {
  const running: string[] = [];
  const modules = [...model.namedModules()];
  for (const [name, module] of modules) announce(module, name || model.constructor.name, running);
  try {
    return f(() => running.at(-1));
  } finally {
    for (const [, module] of modules) Reflect.deleteProperty(module, 'forward');
  }
}

/** Wraps `forward` so that `running` ends with the name of the module while it runs; deleting the property undoes it. */
function announce(module: Module, name: string, running: string[]): void {
  const forward = module.forward.bind(module) as (...inputs: unknown[]) => unknown;
  const announced = (...inputs: unknown[]): unknown => {
    running.push(name);
    try {
      return forward(...inputs);
    } finally {
      running.pop();
    }
  };
  // Not enumerable, so that it is no field of the module.
  Object.defineProperty(module, 'forward', { value: announced, configurable: true, enumerable: false });
}
