import type { StatedNormalization } from '../../models/normalization.js';
import { isNorm } from '../../norms/norm.js';

/** A normalization option as JSON; your own definition becomes its type. */
export function asData(stated: StatedNormalization): string | Readonly<Record<string, unknown>> {
  if (typeof stated === 'string') return stated;
  if (isNorm(stated)) return stated.type;
  const { definition, ...options } = stated as { readonly definition?: { readonly type: string } };
  return definition ? { type: definition.type, ...options } : options;
}

/** The stated options of a layer as text: 'alphaInitValue 1', or 'defaults'; a dash for no layer. */
export function inWords(stated: ReturnType<typeof asData>): string {
  if (typeof stated === 'string') return stated === 'none' ? '–' : 'defaults';
  return (
    Object.entries(stated)
      .filter(([name]) => name !== 'type')
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      .join(', ') || 'defaults'
  );
}
