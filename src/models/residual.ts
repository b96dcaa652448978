import { anySeed, sameShape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { NormtapeError } from '../error.js';
import { ARGUMENTS } from '../nn/construction.js';
import { Dropout } from '../nn/dropout.js';
import { demandTensor } from '../nn/input.js';
import { Module } from '../nn/module.js';
import { add, mul } from '../ops/catalog.js';
import { type Given, type Values, number, numberOrWord, resolve, seed } from '../option/index.js';
import { type ShapePreservingLayer, normalizationLayer, statedNormalization } from './normalization.js';

/** The norms and factors around a part. */
const WIRING_OPTIONS = {
  before: statedNormalization('none', 'Applied to x; the part reads the result.'),
  scale: number(1, 'The factor of what the part reads, after the norm before it.', { explore: [0, 2] }),
  output: statedNormalization('none', 'Applied to the output of the part, before the sum.'),
  skip: numberOrWord(
    1,
    'The factor of x in the sum; or read, for a sum with what the part reads instead of x.',
    ['read'],
    { explore: [0, 2] },
  ),
  after: statedNormalization('none', 'Applied to the sum.'),
};

const OPTIONS = {
  ...WIRING_OPTIONS,
  dropout: number(0, 'The share of elements dropped in training of what is added to x.', {
    min: 0,
    below: 1,
    explore: [0, 0.5],
  }),
  seed: seed('Of dropout; left out, one is drawn.'),
};

/** The norms and factors around a sublayer, as options of `Residual`. */
export type Wiring = Given<typeof WIRING_OPTIONS>;

/** The options of `Residual`; each has a default. */
export type ResidualOptions = Given<typeof OPTIONS>;

/** A part of a residual layer: a module, or a function. */
export type ResidualPart<I extends readonly unknown[]> =
  (Module & { forward(x: Tensor, ...inputs: I): Tensor }) | ((x: Tensor, ...inputs: I) => Tensor);

/** The layers and factors around a part, as `Residual` applies them; those that are undefined change nothing. */
export interface Wired {
  readonly before: ShapePreservingLayer | undefined;
  readonly scale: number | undefined;
  readonly output: ShapePreservingLayer | undefined;
  readonly dropout: Dropout | undefined;
  readonly skip: number | 'read' | undefined;
  readonly after: ShapePreservingLayer | undefined;
}

/**
 * The sum of x and a part of it: after(skip · x + dropout(output(part(scale · before(x))))). Throws, in the name of
 * `where`, if the part changes the shape.
 */
export function residual(
  where: string,
  x: Tensor,
  part: (read: Tensor) => Tensor,
  { before, scale = 1, output, dropout, skip = 1, after }: Wired,
): Tensor {
  const normalized = before?.forward(x) ?? x;
  const read = scale === 1 ? normalized : mul(normalized, scale);
  const made = part(read);
  demandTensor(`${where}: part`, made);
  if (!sameShape(made.shape, x.shape)) {
    const expected = `an output in the shape of its input, ${JSON.stringify(x.shape)}`;
    throw new NormtapeError({ where: `${where}: part`, expected, received: made.shape });
  }
  const bounded = output?.forward(made) ?? made;
  const carried = skip === 'read' ? read : skip === 1 ? x : mul(x, skip);
  const sum = add(carried, dropout?.forward(bounded) ?? bounded);
  return after?.forward(sum) ?? sum;
}

/**
 * A residual connection around a module f, with norms at any of three positions: after(skip · x + output(f(scale ·
 * before(x)))). So `before: 'rms_norm'` is pre-norm, x + f(N(x)); `output` is x + N(f(x)), and `after` is post-norm,
 * N(x + f(x)). Further arguments of `forward` go to f. Throws if an option is wrong, or if f changes the shape.
 */
export class Residual<I extends readonly unknown[] = []> extends Module {
  readonly options: Values<typeof OPTIONS>;
  readonly before: ShapePreservingLayer | undefined;
  readonly part: ResidualPart<I>;
  readonly output: ShapePreservingLayer | undefined;
  readonly after: ShapePreservingLayer | undefined;
  /** Undefined without dropout. */
  readonly dropout: Dropout | undefined;
  /** The seed of dropout: given, or drawn. */
  readonly seed: number;

  constructor(part: ResidualPart<I>, given: ResidualOptions = {}) {
    super();
    const where = 'Residual';
    if (!(part instanceof Module) && typeof part !== 'function') {
      const hint = "As in new Residual(new Dense(8), { before: 'rms_norm' }).";
      throw new NormtapeError({
        where: `${where}.part`,
        expected: 'a module or a function',
        received: part,
        hint,
      });
    }
    this.options = resolve(where, OPTIONS, given);
    this.seed = this.options.seed ?? anySeed();
    const { before, output, after, dropout } = this.options;
    this.before = normalizationLayer(before);
    this.part = part;
    this.output = normalizationLayer(output);
    this.after = normalizationLayer(after);
    this.dropout = dropout > 0 ? new Dropout(dropout, { seed: this.seed }) : undefined;
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.part, { ...this.options, seed: this.seed }];
  }

  override chains(): readonly (readonly unknown[])[] {
    const { scale, skip } = this.options;
    const isReadAlone = scale === 1 && skip !== 'read';
    return [[isReadAlone ? this.before : undefined, this.part, this.output]];
  }

  override forward(x: Tensor, ...inputs: I): Tensor {
    demandTensor('Residual', x);
    const { part, before, output, after, dropout, options } = this;
    const { scale, skip } = options;
    const call = (read: Tensor): Tensor =>
      part instanceof Module ? part.forward(read, ...inputs) : part(read, ...inputs);
    return residual('Residual', x, call, { before, scale, output, dropout, skip, after });
  }
}
