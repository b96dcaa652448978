import { aliasesOf } from '../../option/index.js';
import { definitionOf } from '../norms/known.js';
import type { Variant } from './plan.js';

/** The default momentum of a sweep: it averages over 10 steps, in which weights hardly change. */
const MOMENTUM = 0.9;

/** The share of the initial running statistics that may remain at the end of a run. */
const LEFT = 0.01;

/**
 * Gives a momentum to variants with running statistics that state none: the flag's, or one that forgets the initial
 * statistics within a run of this many steps. The default of the library, 0.99, needs 460 steps.
 */
export function withMomentum(
  variants: readonly Variant[],
  steps: number,
  given: number | undefined,
): readonly Variant[] {
  const momentum = given ?? Math.min(MOMENTUM, LEFT ** (1 / steps));
  return variants.map((variant) =>
    keepsStatistics(variant) && statedMomentum(variant) === undefined
      ? { ...variant, config: { ...variant.config, momentum } }
      : variant,
  );
}

/** Warnings about variants that would be tested with statistics of their first steps. */
export const momentumWarnings = (variants: readonly Variant[], steps: number): readonly string[] =>
  variants.filter(keepsStatistics).flatMap((variant) => {
    const momentum = statedMomentum(variant);
    // A plain mean keeps nothing of its start, and zeroDebias divides it out.
    if (
      momentum === undefined ||
      momentum === null ||
      variant.config['zeroDebias'] === true ||
      variant.config['zero_debias'] === true
    )
      return [];
    const left = momentum ** steps;
    // The default may reach the limit, up to rounding.
    if (left <= LEFT * (1 + 1e-9)) return [];
    const horizon = momentum < 1 ? `averages over ${Math.round(1 / (1 - momentum))} steps` : 'never changes';
    return [
      `${variant.name}: with momentum ${momentum} a running statistic ${horizon}, and a run has ${steps}: ` +
        `${Math.round(100 * left)} % of its initial value is left when the network is tested. ` +
        'Take a smaller --momentum or more epochs.',
    ];
  });

/** Whether a momentum affects any variant. */
export const anyKeepsStatistics = (variants: readonly Variant[]): boolean => variants.some(keepsStatistics);

function keepsStatistics({ config: { type }, definition }: Variant): boolean {
  const norm = definitionOf(type, definition);
  return norm?.options['momentum'] !== undefined && Object.keys(norm.state ?? {}).length > 0;
}

function statedMomentum({ config, definition }: Variant): number | null | undefined {
  const aliases = aliasesOf(definitionOf(config.type, definition)!.options['momentum']!);
  const stated = ['momentum', ...aliases].map((name) => config[name]);
  return stated.find((value) => value !== undefined) as number | null | undefined;
}
