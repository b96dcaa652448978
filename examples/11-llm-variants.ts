// One block for language models in three variants, and how they differ.
import { LLMBlock, type LLMBlockOptions, type Module, randomNormal, slice, vjp } from 'normtape';

/** The normalization of each variant; everything else is the default of the block. */
const variants = {
  /** Centered, with queries and keys normalized too, so that their products cannot grow. */
  stable: {
    normalization: { type: 'zero_centered_rms_norm', epsilon: 1e-5 },
    queryKeyNormalization: 'rms_norm',
  },
  /** Computes no mean, adds no bias, and shares keys and values among heads. */
  fast: { normalization: { type: 'rms_norm', useScale: false }, useBias: false, groups: 3 },
  /** The block of GPT-2. */
  standard: { normalization: 'layer_norm' },
} as const satisfies Record<string, LLMBlockOptions>;

const x = randomNormal([1, 6, 768], { seed: 1 });

for (const [name, options] of Object.entries(variants)) {
  const block = new LLMBlock({ ...options, seed: 7 });
  const y = block.forward(x);
  const { hiddenSize, heads } = block.options;
  console.log(
    `${name}: ${hiddenSize} numbers, ${heads} heads, ${count(block)} weights, output ${y.shape.join(' × ')}`,
  );
  console.log(`  position 2 attends to ${readers(block)}`);
}

// A variant for one position alone: a smaller block, with norms on both sides and a gated MLP.
const sandwich = new LLMBlock({
  hiddenSize: 96,
  heads: 4,
  placement: 'sandwich',
  gated: true,
  activation: 'silu',
  rotary: true,
  seed: 7,
});
console.log('sandwich:', sandwich.forward(randomNormal([1, 6, 96], { seed: 1 })).shape);

function count(module: Module): number {
  return module.parameters().reduce((sum, { size }) => sum + size, 0);
}

/** The positions that the output at position 2 depends on. */
function readers(block: LLMBlock): string {
  const { pullback } = vjp(() => slice(block.forward(x), [0, 2]));
  const gradient = pullback().of(x)!.toArray() as number[][][];
  return gradient[0]!.flatMap((row, place) => (row.some((value) => value !== 0) ? place : [])).join(', ');
}
