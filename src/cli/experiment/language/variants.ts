import { NormtapeError, suggest } from '../../../error.js';
import type { StatedNormalization } from '../../../models/normalization.js';
import { type Norm } from '../../../norms/norm.js';
import { norms, shapePreservingTypes } from '../../../norms/normalizations.js';
import { demandNames } from '../names.js';

const PLACEMENTS = ['pre', 'post', 'sandwich'] as const;

/** A norm, and where it stands in every block. */
export interface Variant {
  /** 'rms_norm', or 'layer_norm:post' where it does not stand 'pre'. */
  readonly name: string;
  readonly type: Extract<StatedNormalization, string>;
  readonly placement: (typeof PLACEMENTS)[number];
}

const types: readonly Variant['type'][] = ['none', ...shapePreservingTypes];

/** The variants of such names; throws where one is unknown, or comes twice. */
export function variantsOf(names: readonly string[]): readonly Variant[] {
  const variants = names.map(variantOf);
  demandNames(
    variants.map(({ name }) => name),
    variants.map(({ name }) => name),
  );
  return variants;
}

function variantOf(name: string): Variant {
  const [type = '', placement = 'pre', ...more] = name.split(':');
  demandNames([type], types);
  if (!(PLACEMENTS as readonly string[]).includes(placement) || more.length > 0) {
    throw new NormtapeError({
      where: `--norms: ${name}`,
      expected: `one of ${PLACEMENTS.join(', ')} after the colon`,
      received: placement,
      hint: suggest(placement, PLACEMENTS),
    });
  }
  return {
    name: placement === 'pre' ? type : `${type}:${placement}`,
    type: type as Variant['type'],
    placement: placement as Variant['placement'],
  };
}

/** Whether a number that the norm makes depends on other places of the sequence, and so on what is to be predicted. */
export function looksAhead({ type }: Variant): boolean {
  if (type === 'none') return false;
  const { traits }: Norm = norms[type];
  return traits?.couples === 'batch' || traits?.couples === 'sample';
}
