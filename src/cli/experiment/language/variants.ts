import { NormtapeError, suggest } from '../../../error.js';
import type { StatedNormalization } from '../../../models/normalization.js';
import type { Norm } from '../../../norms/norm.js';
import { norms } from '../../../norms/normalizations.js';
import { NO_OWN_NORMS, type OwnNorms } from '../../norms/named.js';
import { demandNames, typesWith } from '../names.js';

const PLACEMENTS = ['pre', 'post', 'sandwich'] as const;

/** A norm, and where it stands in every block. */
export interface Variant {
  /** 'rms_norm', or 'layer_norm:post' where it does not stand 'pre'. */
  readonly name: string;
  readonly type: string;
  /** Of a norm of one's own; left out: a built-in type. */
  readonly definition?: Norm;
  readonly placement: (typeof PLACEMENTS)[number];
}

/** The variants of such names; throws where one is unknown, or comes twice. */
export function variantsOf(names: readonly string[], own: OwnNorms = NO_OWN_NORMS): readonly Variant[] {
  const variants = names.map((name) => variantOf(name, own));
  demandNames(
    variants.map(({ name }) => name),
    variants.map(({ name }) => name),
  );
  return variants;
}

function variantOf(name: string, own: OwnNorms): Variant {
  const [type = '', placement = 'pre', ...more] = name.split(':');
  demandNames([type], typesWith(own));
  if (!(PLACEMENTS as readonly string[]).includes(placement) || more.length > 0) {
    throw new NormtapeError({
      where: `--norms: ${name}`,
      expected: `one of ${PLACEMENTS.join(', ')} after the colon`,
      received: placement,
      hint: suggest(placement, PLACEMENTS),
    });
  }
  const found = own.get(type);
  return {
    name: placement === 'pre' ? type : `${type}:${placement}`,
    type,
    ...(found && { definition: found.norm }),
    placement: placement as Variant['placement'],
  };
}

/** Whether a number that the norm makes depends on other places of the sequence, and so on what is to be predicted. */
export function looksAhead({ type, definition }: Variant): boolean {
  const builtIn: Readonly<Record<string, Norm>> = norms;
  const { traits } = definition ?? builtIn[type] ?? {};
  return traits?.couples === 'batch' || traits?.couples === 'sample';
}

/** A variant as a model takes it. */
export const normalizationOf = ({ type, definition }: Variant): StatedNormalization =>
  (definition ?? type) as StatedNormalization;
