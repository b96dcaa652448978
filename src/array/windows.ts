import { NormtapeError } from '../error.js';
import type { Windows } from '../kernels/index.js';
import type { Shape } from './array.js';

/** Two numbers: of rows and of columns. */
export type Pair = readonly [rows: number, columns: number];

/** How windows are laid onto images. */
export interface Laying {
  readonly stride: Pair;
  /** 'same': as many windows as steps fit into the image, the nothing around it even but for one behind; 'valid': none. */
  readonly padding: 'same' | 'valid' | Pair;
  readonly dilation: Pair;
}

/** Zeros stand before the image alone, so that no window reaches beyond its own place. */
export interface CausalLaying extends Pick<Laying, 'stride' | 'dilation'> {
  readonly padding: 'causal';
}

/** Every place of a window is looked at, those outside of the image too. */
const MOST = 2 ** 20;

/**
 * Windows of a size on images [samples, height, width, channels]. Throws, in the name of `where`, where these are no
 * images, or where no window fits.
 */
export function windowsOn(where: string, shape: Shape, size: Pair, laying: Laying | CausalLaying): Windows {
  if (shape.length !== 4) {
    const expected = 'images [samples, height, width, channels]';
    throw new NormtapeError({ where, expected, received: shape });
  }
  if (size[0] * size[1] > MOST) {
    const expected = `windows of at most ${MOST} places`;
    throw new NormtapeError({ where, expected, received: size });
  }
  const [, height, width, channels] = shape as readonly [number, number, number, number];
  const along = ([0, 1] as const).map((axis) => {
    const n = [height, width][axis]!;
    const stride = laying.stride[axis];
    const reach = (size[axis] - 1) * laying.dilation[axis] + 1;
    if (laying.padding === 'same') {
      const count = Math.ceil(n / stride);
      return { before: Math.floor(Math.max(0, (count - 1) * stride + reach - n) / 2), count };
    }
    if (laying.padding === 'causal') return { before: reach - 1, count: Math.ceil(n / stride) };
    const before = laying.padding === 'valid' ? 0 : laying.padding[axis];
    return { before, count: Math.floor((n + 2 * before - reach) / stride) + 1 };
  });
  const [rows, columns] = along as [(typeof along)[number], (typeof along)[number]];
  if (rows.count < 1 || columns.count < 1) {
    const expected = `images that a window of ${size.join(' × ')} fits into`;
    throw new NormtapeError({ where, expected, received: shape, hint: "With padding: 'same' any would do." });
  }
  return {
    height,
    width,
    channels,
    rows: size[0],
    columns: size[1],
    stride: laying.stride,
    dilation: laying.dilation,
    before: [rows.before, columns.before],
    down: rows.count,
    across: columns.count,
  };
}
