// Blocks for three purposes, made by one function, and what sets them apart.
import {
  type Module,
  Sequential,
  type Tensor,
  abs,
  mean,
  mul,
  normDenseBlock,
  randomNormal,
  sqrt,
  square,
} from 'normtape';

/** What a purpose asks of the normalization; everything else of a block is the same. */
const purposes = {
  /** Centered, with a larger epsilon: a common offset of the features cannot pass. */
  stable: { type: 'zero_centered_rms_norm', epsilon: 1e-5 },
  /** No mean to take, and no gain to learn. */
  fast: { type: 'rms_norm', useScale: false },
  /** The root mean square stays below 1, whatever is learned. */
  constrained: { type: 'band_rms', maxBandWidth: 0.1 },
} as const;

type Purpose = keyof typeof purposes;

const block = (purpose: Purpose, units: number) =>
  normDenseBlock({ units, normalization: purposes[purpose], activation: 'linear', seed: 7 });

const x = randomNormal([64, 16], { seed: 1, mean: 3 });

for (const purpose of Object.keys(purposes) as Purpose[]) {
  const layer = block(purpose, 32);
  const y = layer.forward(x);
  console.log(`${purpose}: ${count(layer)} weights, offset ${offset(y)}, size ${size(y)}`);
  console.log(`  of inputs 1000 times as large: size ${size(layer.forward(mul(x, 1000)))}`);
}

// A block is a module, so blocks stack like any other layers.
const stack = new Sequential([block('stable', 32), block('fast', 16), block('constrained', 8)]);
console.log('stacked:', stack.forward(x).shape);

function count(module: Module): number {
  return module.parameters().reduce((sum, { size }) => sum + size, 0);
}

/** How far from 0 the mean of a row is, on average. */
function offset(y: Tensor): string {
  return mean(abs(mean(y, -1)))
    .item()
    .toFixed(2);
}

/** The root mean square of a row, on average. */
function size(y: Tensor): string {
  return mean(sqrt(mean(square(y), -1)))
    .item()
    .toFixed(2);
}
