import { watchFinite } from '../autograd/anomaly.js';
import { type Module, demandModule } from './module.js';

/**
 * Runs f, such as a training step, and returns its result. Throws at the first op whose value, or whose
 * gradient, is not finite: the error names the op, the rows, the shapes, whether its inputs were finite, and, if
 * a model is given, the module that was running.
 */
export function detectAnomaly<Y>(f: () => Y, model?: Module): Y {
  if (model === undefined) return watchFinite(f);
  demandModule('detectAnomaly: model', model);
  const running: string[] = [];
  const modules = [...model.namedModules()];
  for (const [name, module] of modules) announce(module, name || model.constructor.name, running);
  try {
    return watchFinite(f, () => running.at(-1));
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
