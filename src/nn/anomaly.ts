import { watchFinite } from '../autograd/anomaly.js';
import { type Module, demandModule } from './module.js';
import { withRunning } from './running.js';

/**
 * Runs f, such as a training step, and returns its result. Throws at the first op whose value, or whose
 * gradient, is not finite: the error names the op, the rows, the shapes, whether its inputs were finite, and, if
 * a model is given, the module that was running.
 */
export function detectAnomaly<Y>(f: () => Y, model?: Module): Y {
  if (model === undefined) return watchFinite(f);
  demandModule('detectAnomaly: model', model);
  return withRunning(model, (running) => watchFinite(f, running));
}
