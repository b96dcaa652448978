// Blocks for three purposes, made by one function, and how they differ.
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

/** The normalization for each purpose; everything else in a block is the same. */
const purposes = {
  /** Centered, with a larger epsilon: removes a common offset of the features. */
  stable: { type: 'zero_centered_rms_norm', epsilon: 1e-5 },
  /** Computes no mean, and learns no gain. */
  fast: { type: 'rms_norm', useScale: false },
  /** Keeps the root mean square below 1, whatever is learned. */
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

/** The distance of a row's mean from 0, on average. */
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
