import { NormtapeError } from '../error.js';
import { type Given, type Values, numberOrWord, part, resolve, resolvePart } from '../option/index.js';
import { normalizationAt, normalizationOfPlace, statedNormalization } from './normalization.js';
import type { BlockWiring, Placement } from './placement.js';
import { placements } from './placements.js';

/** The placement option of a block. */
export const placementOption = part(
  placements,
  'pre',
  'Where the norms stand in each residual connection, and what the weights around it start from.',
);

/** The options of a block that its stack sets. */
export const STACK_OPTIONS = {
  depth: numberOrWord('unknown', 'How many blocks the stack has.', ['unknown'], {
    min: 1,
    whole: true,
    explore: [1, 8],
  }),
  index: numberOrWord('unknown', 'Which block of the stack it is, from 0.', ['unknown'], {
    min: 0,
    whole: true,
    explore: [0, 7],
  }),
};

const OPTIONS = {
  placement: placementOption,
  normalization: statedNormalization('layer_norm', 'The normalization of the block.'),
  attentionNormalization: normalizationOfPlace(
    'Another normalization around and inside attention; same stands for `normalization`.',
  ),
  ...STACK_OPTIONS,
};

/** The options of `blockWiring`; each has a default. */
export type BlockWiringOptions = Given<typeof OPTIONS>;

/**
 * The wiring of a block: options of `Residual` for attention and for the MLP, the norms inside them, and the factor of
 * their initial kernels. `TransformerBlock` is built by it; it serves for blocks of other parts. Throws if an option is
 * wrong, or if the placement depends on a depth or an index that is unknown.
 */
export const blockWiring = (given: BlockWiringOptions = {}): BlockWiring =>
  wiringOf('blockWiring', resolve('blockWiring', OPTIONS, given));

/** The wiring of a block by checked options. Throws, in the name of `where`, if they do not fit together. */
export function wiringOf(
  where: string,
  { placement, normalization, attentionNormalization, depth, index }: Values<typeof OPTIONS>,
): BlockWiring {
  const own = `${where}.placement`;
  if (typeof depth === 'number' && typeof index === 'number' && index >= depth) {
    const expected = `a whole number from 0 to ${depth - 1}, since the depth is ${depth}`;
    throw new NormtapeError({ where: `${where}.index`, expected, received: index });
  }
  const family: Readonly<Record<string, Placement>> = placements;
  const { type, member, options } = resolvePart(own, family, placement);
  const known = (name: 'depth' | 'index', value: number | 'unknown', meaning: string) => (): number => {
    if (value !== 'unknown') return value;
    const expected = `${meaning}, on which the placement ${type} depends`;
    throw new NormtapeError({ where: `${where}.${name}`, expected, received: value });
  };
  const site = {
    where: own,
    attention: normalizationAt(attentionNormalization, normalization),
    mlp: normalization,
    depth: known('depth', depth, 'the number of blocks in the stack'),
    index: known('index', index, 'the index of the block in its stack'),
  };
  const { attention, mlp, inside, endsWithNorm = true } = member.wire(site, options);
  return { attention, mlp, inside: { attention: {}, mlp: {}, ...inside }, endsWithNorm };
}
