import type { Limits, Option, PartOption } from './option.js';

/** What an editor shows of an option: what it is for, what it takes, and its default. */
export function commentOf(option: Option): string {
  const { about, default: fallback } = option;
  const taken = demand(option);
  const defaults =
    option.kind === 'seed'
      ? 'Left out, one is drawn.'
      : Number.isNaN(fallback)
        ? 'Left out by default.'
        : `Default: ${JSON.stringify(fallback)}.`;
  return `${about} Takes ${taken}. ${defaults}`;
}

/** The option's demand in words; errors and docs use the same. */
export function demand(option: Option): string {
  switch (option.kind) {
    case 'number':
      return `${option.whole ? 'a whole number' : 'a finite number'}${bounds(option)}`;
    case 'numbers':
      return `${option.whole ? 'a list of whole numbers' : 'a list of finite numbers'}${bounds(option)}`;
    case 'number or word':
      return `a ${option.whole ? 'whole' : 'finite'} number${bounds(option)}, or ${option.words.join(' or ')}`;
    case 'number or null':
      return `a ${option.whole ? 'whole' : 'finite'} number${bounds(option)}, or null`;
    case 'seed':
      return 'an integer';
    case 'flag':
      return 'true or false';
    case 'choice':
      return `one of ${option.choices.join(', ')}`;
    case 'axis':
      return 'an integer axis';
    case 'axes':
      return `an integer axis or a list of them${option.empty ? ', which may be empty' : ''}`;
    case 'text':
      return 'a string';
    case 'part':
      return demandPart(option);
  }
}

/** What may be stated for a part, in words. */
export const demandPart = ({ family, definition }: Pick<PartOption, 'family' | 'definition'>): string =>
  definition
    ? `one of ${Object.keys(family).join(', ')}, a definition that norm(…) made, or an object of such a type or definition and its options`
    : `one of ${Object.keys(family).join(', ')}, or an object of such a type and its options`;

/** The limits in words, with a space before them: the lower first. */
function bounds({ above, below, min, max }: Limits): string {
  if (min !== undefined && max !== undefined) return ` from ${min} to ${max}`;
  const words = { above, from: min, below, 'up to': max };
  const stated = Object.entries(words).filter(([, limit]) => limit !== undefined);
  return stated.length ? ` ${stated.map((limit) => limit.join(' ')).join(' and ')}` : '';
}
