import type { Shape } from '../array/index.js';
import type { Tensor } from '../autograd/tape.js';
import { conv1d } from '../ops/catalog.js';
import { SEQUENCE_WINDOW, type SequenceWindowOptions, readSequenceWindow } from '../ops/conv1d.js';
import { plain, resolveBeside } from '../option/index.js';
import { JOINS, type Joins } from './absorb.js';
import { ARGUMENTS } from './construction.js';
import { KERNEL_AND_BIAS } from './kernel-and-bias.js';
import {
  SEQUENCES,
  SlidingKernel,
  type SlidingOptions,
  demandGroups,
  inGroups,
  isUnpadded,
  positive,
} from './sliding-kernel.js';

const OPTIONS = {
  filters: positive('How many channels the output has.'),
  kernelSize: positive('How many steps the kernel has.'),
  groups: positive('How many groups channels and filters are parted into.'),
  ...KERNEL_AND_BIAS,
};

/** The options of `Conv1D`; each has a default. */
export type Conv1DOptions = SlidingOptions &
  SequenceWindowOptions & {
    /** How many groups channels and filters are parted into, each for itself; 1 by default. */
    readonly groups?: number | undefined;
  };

/**
 * activation(conv1d(x, kernel) + bias) for sequences [samples, steps, channels]: [samples, windows, filters]. The
 * first input builds it: kernel [size, channels / groups, filters], bias [filters]. With `padding: 'causal'` no
 * output sees a later step.
 *
 * @throws {NormtapeError} If an option is wrong, groups do not divide channels and filters, or a later input has
 * other channels or another dtype.
 */
export class Conv1D extends SlidingKernel {
  readonly filters: number;
  readonly kernelSize: number;
  readonly groups: number;
  readonly #window: SequenceWindowOptions;
  readonly #laying;

  /** The number of filters, and the steps of the kernel. */
  constructor(filters: number, kernelSize: number, given: Conv1DOptions = {}) {
    // A size must be given: null, unlike undefined, is refused.
    const all = { ...plain('Conv1D', given), filters: filters ?? null, kernelSize: kernelSize ?? null };
    const read = resolveBeside('Conv1D', OPTIONS, all, ['activation', ...SEQUENCE_WINDOW]);
    const { activation: stated, stride, padding, dilation, ...options } = read;
    super('Conv1D', SEQUENCES, options, stated);
    this.filters = options.filters;
    this.kernelSize = options.kernelSize;
    this.groups = options.groups;
    this.#window = { stride, padding, dilation };
    this.#laying = readSequenceWindow('Conv1D', this.#window);
    demandGroups('Conv1D', this.groups, this.filters);
  }

  override [ARGUMENTS](): readonly unknown[] {
    return [this.filters, this.kernelSize, { ...this.stated, groups: this.groups, ...this.#window }];
  }

  protected override channelsOf([, per]: Shape): number {
    return per! * this.groups;
  }

  protected override shapes(channels: number) {
    const { kernelSize, filters, groups } = this;
    demandGroups('Conv1D', groups, filters, channels);
    // A channel meets the filters of its group alone.
    const fans = { fanIn: (kernelSize * channels) / groups, fanOut: (kernelSize * filters) / groups };
    return { kernel: [kernelSize, channels / groups, filters], bias: [filters], fans };
  }

  protected override [JOINS]([, per]: Shape): Joins {
    return inGroups(per!, this);
  }

  protected override get isWhole(): boolean {
    return isUnpadded(this.#laying.padding, [this.kernelSize]);
  }

  protected override slide(x: Tensor, kernel: Tensor): Tensor {
    return conv1d(x, kernel, { ...this.#window, groups: this.groups });
  }
}
