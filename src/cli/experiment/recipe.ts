import type { StatedNormalization } from '../../models/normalization.js';

/** The options that were given to a layer, in words: 'alphaInitValue 1', or 'defaults'; a dash for no layer. */
export function inWords(stated: StatedNormalization): string {
  if (typeof stated === 'string') return stated === 'none' ? '–' : 'defaults';
  return (
    Object.entries(stated)
      .filter(([name]) => name !== 'type')
      .map(([name, value]) => `${name} ${JSON.stringify(value)}`)
      .join(', ') || 'defaults'
  );
}
