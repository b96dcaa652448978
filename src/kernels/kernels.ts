import type { CurveName } from './curves.js';
import type { HeadGradients, Heads } from './head.js';
import type { Incoming, Outgoing, Task } from './measures.js';
import type { Groups, Numbers } from './numbers.js';
import type {
  Factor,
  GateGradients,
  Larger,
  LargerGradients,
  Matrix,
  PartGains,
  PartGainsGradients,
  Sliding,
  Squash,
  SquashGradients,
  Steps,
  Swish,
  SwishGradients,
  WindowQuotient,
  Windows,
} from './operands.js';
import type { Where } from './positions.js';
import type * as settings from './settings.js';

/** A kernel of two broadcast operands: `rows` × `columns` results, written without gaps from `at` on. */
export type Binary = (
  rows: number,
  columns: number,
  x: Numbers,
  xs: Steps,
  y: Numbers,
  ys: Steps,
  out: Numbers,
  at: number,
) => void;

/** A kernel that reduces every group to one number of float64. */
export type Reduction = (x: Numbers, groups: Groups) => Float64Array;

/** A kernel from data of groups to data of the same layout. */
type OverGroups = (x: Numbers, out: Numbers, groups: Groups) => void;

/** The backward pass of an op over groups, from the gradient of its value y. */
type OverGroupsBack = (gradient: Numbers, y: Numbers, out: Numbers, groups: Groups) => void;

type OptimizerKernel<S> = settings.OptimizerKernel<S>;

/**
 * All kernels: loops over flat buffers, which know no shapes. The tables `js` and `wasm` hold one function for each. Data
 * has no gaps, unless steps are given.
 */
export interface Kernels {
  /** x + y. */
  readonly add: Binary;
  /** x − y. */
  readonly sub: Binary;
  /** x · y. */
  readonly mul: Binary;
  /** x / y. */
  readonly div: Binary;
  /** The larger of x and y; NaN if either is NaN. */
  readonly maximum: Binary;
  /** The backward pass of `maximum` for a row of levels: equal numbers share the gradient, that of a level is accumulated. */
  maximumBack(gradient: Numbers, x: Numbers, level: Numbers, ofX: Numbers, ofLevel: Float64Array): void;
  /** The smaller of x and y; NaN if either is NaN. */
  readonly minimum: Binary;
  /** 1 where x < y, and 0 elsewhere. */
  readonly less: Binary;
  /** 1 where x ≤ y, and 0 elsewhere. */
  readonly lessEqual: Binary;
  /** 1 where x = y, and 0 elsewhere. */
  readonly equal: Binary;
  /** 1 where x ≠ y, and 0 elsewhere. */
  readonly notEqual: Binary;
  /** x · y, and 0 where y is 0, even if x is infinite or NaN. */
  readonly masked: Binary;
  /** x where y is not 0, and 0 elsewhere. */
  readonly kept: Binary;
  /** x where y is 0, and 0 elsewhere. */
  readonly dropped: Binary;
  /** x where the condition is not 0, and y elsewhere. */
  choose(condition: Numbers, x: Numbers, y: Numbers, out: Numbers): void;
  /** f(x, y), for any function of two numbers. */
  zip(f: (x: number, y: number) => number): Binary;

  /** f(x), for any function of one number. */
  map(x: Numbers, out: Numbers, f: (x: number) => number): void;
  /** f(x, y, z), for any function of three numbers. */
  map3(
    x: Numbers,
    y: Numbers,
    z: Numbers,
    out: Numbers,
    f: (x: number, y: number, z: number) => number,
  ): void;
  /** An elementary or activation function of x, by name. */
  curve(name: CurveName, x: Numbers, out: Numbers): void;
  /** The backward pass of `curve`, from the gradient g, x and y = f(x). */
  curveBack(name: CurveName, g: Numbers, x: Numbers, y: Numbers, out: Numbers): void;
  /** factor · x. */
  scale(x: Numbers, out: Numbers, factor: number): void;
  /** factor · x + offset. */
  linear(x: Numbers, out: Numbers, factor: number, offset: number): void;
  /** x². */
  square(x: Numbers, out: Numbers): void;
  /** x, limited to [from, to]; NaN stays. */
  clamp(x: Numbers, out: Numbers, from: number, to: number): void;
  /** share · x + (1 − share) · y. */
  mix(x: Numbers, y: Numbers, out: Numbers, share: number): void;
  /** Copies from one strided place to another. */
  copy(
    rows: number,
    columns: number,
    x: Readonly<ArrayLike<number>>,
    xs: Steps,
    out: Numbers,
    os: Steps,
  ): void;

  /** The matrix product A · B of [m, k] and [k, n], row-major from `at` on, summed in float64. */
  matmul(m: number, k: number, n: number, a: Matrix, b: Matrix, out: Numbers, at: number): void;
  /** a ⊙ s + b ⊙ t, or a ⊙ s + t without b, for broadcast factors s and t. */
  sumOfProducts(a: Numbers, s: Factor, b: Numbers | undefined, t: Factor, out: Numbers, groups: Groups): void;
  /** The inner product Σ x y, in float64. */
  dot(x: Numbers, y: Numbers): number;

  /** The sum of every group, in float64. */
  readonly sum: Reduction;
  /** The product of every group, in float64; 1 for an empty group. */
  readonly product: Reduction;
  /** The maximum of every group; NaN if it has a NaN, and −∞ if it is empty. */
  readonly max: Reduction;
  /** The minimum of every group; NaN if it has a NaN, and ∞ if it is empty. */
  readonly min: Reduction;
  /** The backward pass of `max` and `min`: elements that tie share the gradient evenly. */
  extremeBack(x: Numbers, extreme: Numbers, gradient: Numbers, out: Numbers, groups: Groups): void;
  /** The backward pass of `product`: the gradient times the product of all other elements. */
  productBack(gradient: Numbers, x: Numbers, out: Numbers, groups: Groups): void;
  /** Whether every |x| is at most the limit; false if there is a NaN. */
  isWithin(x: Numbers, limit: number): boolean;

  /** The cumulative sum of every group; `reverse` starts at the end, `exclusive` leaves the element itself out. */
  cumulativeSum(x: Numbers, out: Numbers, groups: Groups, reverse: boolean, exclusive: boolean): void;
  /** The sum of a window around each element: its group from `before` elements earlier to `after` elements later. */
  windowSum(x: Numbers, out: Numbers, groups: Groups, before: number, after: number): void;
  /** x / P for rows, and 1 / P and D, which the backward pass reads: P = D^p with D = offset + Σ z² over a window, z = factor x. */
  overWindow(x: Numbers, task: WindowQuotient, r: Numbers, d: Numbers, out: Numbers): void;
  /** The backward pass of `overWindow`. */
  overWindowBack(
    x: Numbers,
    task: WindowQuotient,
    r: Numbers,
    d: Numbers,
    gradient: Numbers,
    ofX: Numbers,
  ): void;
  /** The cumulative product of every group. */
  readonly cumulativeProduct: OverGroups;
  /** The backward pass of `cumulativeProduct`, without a division, so that x may be 0. */
  cumulativeProductBack(gradient: Numbers, x: Numbers, out: Numbers, groups: Groups): void;

  /** Normalizes every group to γ x̂ + β, and writes its measures. */
  normalize(task: Task, out: Numbers): void;
  /** The backward pass of `normalize`, from its measures. */
  normalizeBack(task: Task, incoming: Incoming, outgoing: Outgoing): void;
  /** γ (x − x̄) / N + β of every group, by measures that are given. */
  normalizeBy(task: Task, out: Numbers): void;
  /** The sums that a backward pass of `normalizeBy` needs: Σ g of every group, then Σ g x̂ of every group, for g = γ dy. */
  pullBy(task: Task, gradient: Numbers, sums: Float64Array): void;
  /** The backward pass of `normalizeBy`: (g − P − Q x̂) / N for numbers P of every group, then Q, which are given. */
  normalizeByBack(task: Task, gradient: Numbers, taken: Float64Array, outgoing: Outgoing): void;
  /** Normalizes groups of channels by the positions that the mask selects, and writes their statistics. */
  normalizeWhere(task: Where, out: Numbers): void;
  /** The backward pass of `normalizeWhere`, from its statistics. */
  normalizeWhereBack(task: Where, gradient: Numbers, outgoing: Outgoing): void;
  /** t = f(α x + s) for a curve f, which the backward pass reads, and w t + b. */
  squash(task: Squash, t: Numbers, out: Numbers): void;
  /** The backward pass of `squash`; returns the gradient of α, or α times that for isru. */
  squashBack(task: Squash, t: Numbers, gradient: Numbers, outgoing: SquashGradients): number;
  /** t = e^−|w x|, which the backward pass reads, and γ x σ(w x) r + β, with one r for every group of a sample. */
  swish(task: Swish, t: Numbers, out: Numbers): void;
  /** The backward pass of `swish` for a constant r. */
  swishBack(task: Swish, t: Numbers, gradient: Numbers, outgoing: SwishGradients): void;
  /** t = e^−|z|, which the backward pass reads, and a φ(z) for φ(z) = z σ(z), or σ(z) unless it `isSilu`. */
  gate(isSilu: boolean, a: Numbers, z: Numbers, t: Numbers, out: Numbers): void;
  /** The backward pass of `gate`; returns true if it saw that both gradients are finite, which only compiled kernels look at. */
  gateBack(
    isSilu: boolean,
    a: Numbers,
    z: Numbers,
    t: Numbers,
    gradient: Numbers,
    outgoing: GateGradients,
  ): boolean;
  /** Σ x w of every part of rows that are split into equal groups, for weights w of a row, in float64. */
  partDots(x: Numbers, w: Numbers, groups: number, sums: Float64Array): void;
  /** The backward pass of `partDots` from the gradient t of every sum; both gradients are accumulated. */
  partDotsBack(
    x: Numbers,
    w: Numbers,
    groups: number,
    t: Float64Array,
    ofX: Numbers,
    ofW: Float64Array,
  ): void;
  /** a (t s + c), with one t for every part of rows that are split into equal groups. */
  partGains(task: PartGains, out: Numbers): void;
  /** The backward pass of `partGains`; the gradients of s and c are accumulated. */
  partGainsBack(task: PartGains, gradient: Numbers, outgoing: PartGainsGradients): void;
  /** γ x / max(B, w x + S) + β, with one S for every feature of a sample. */
  overLarger(task: Larger, out: Numbers): void;
  /** The backward pass of `overLarger` for constant B and S, and their gradients. */
  overLargerBack(task: Larger, gradient: Numbers, outgoing: LargerGradients): void;

  /** Softmax of every group, of x times a steepness, which is 1 if it is left out. */
  softmax(x: Numbers, out: Numbers, groups: Groups, steepness?: number): void;
  /** The backward pass of `softmax`. */
  readonly softmaxBack: OverGroupsBack;
  /** The logarithm of the softmax of every group. */
  readonly logSoftmax: OverGroups;
  /** The backward pass of `logSoftmax`. */
  readonly logSoftmaxBack: OverGroupsBack;
  /** ln Σ eˣ of every group, without overflow. */
  readonly logSumExp: Reduction;
  /** The cross-entropy of each row of n logits with its label, and the gradient of the logits. */
  crossEntropy(x: Numbers, labels: Int32Array, losses: Float64Array, gradient: Numbers, n: number): void;

  /** Blocks of [outer, n, inner] data by their index along n: [outer, picks, inner]. */
  gather(x: Numbers, out: Numbers, picks: Int32Array, outer: number, n: number, inner: number): void;
  /** The transpose of `gather`: accumulates every block of x at the index from which it was taken. */
  scatterAdd(
    x: Numbers,
    sums: Float64Array,
    picks: Int32Array,
    outer: number,
    n: number,
    inner: number,
  ): void;
  /** The indices of the first `count` elements of every sorted group; the sort is stable, and NaN counts as the largest. */
  order(x: Numbers, groups: Groups, count: number, descending: boolean): Int32Array;
  /** The index of the maximum of every group, or of the minimum with a `sign` of −1; the first NaN wins. */
  extremePosition(x: Numbers, groups: Groups, sign: 1 | -1): Int32Array;
  /** The elements at the given indices of every group, [outer, count, inner]. */
  takeAlong(x: Numbers, out: Numbers, picks: Int32Array, groups: Groups): void;
  /** The transpose of `takeAlong` for distinct indices: x at its index, 0 elsewhere. */
  putAlong(x: Numbers, out: Numbers, picks: Int32Array, groups: Groups): void;
  /** Rotates the pairs (x[i], x[i + half]) of every row by the angles of its position; a `sign` of −1 rotates back. */
  rotate(
    x: Numbers,
    out: Numbers,
    cosines: Float64Array,
    sines: Float64Array,
    outer: number,
    places: number,
    inner: number,
    half: number,
    sign: 1 | -1,
  ): void;

  /**
   * softmax(scale · Q Kᵀ) V of every head, and for each query the largest score and the sum of its powers, which is 0 if it
   * sees no key, and NaN if its scores overflow.
   */
  attend(heads: Heads, out: Numbers, measures: Float64Array): void;
  /** The backward pass of `attend`, which computes the shares again. */
  attendBack(
    heads: Heads,
    gradient: Numbers,
    out: Numbers,
    measures: Float64Array,
    outgoing: HeadGradients,
  ): void;

  /**
   * The convolution of images with a kernel [rows, columns, channels / groups, filters]: the product of every window and the
   * kernel, 0 off the image.
   */
  convolve(x: Numbers, kernel: Numbers, sliding: Sliding, out: Numbers): void;
  /** The gradient of the images of `convolve`. */
  convolveImages(gradient: Numbers, kernel: Numbers, sliding: Sliding, ofX: Numbers): void;
  /** The gradient of the kernel of `convolve`, in float64. */
  convolveKernel(gradient: Numbers, x: Numbers, sliding: Sliding, ofKernel: Float64Array): void;
  /** The convolution of every channel with its own kernels, [rows, columns, channels, multiplier]. */
  depthwise(x: Numbers, kernel: Numbers, sliding: Sliding, out: Numbers): void;
  /** The gradient of the images of `depthwise`. */
  depthwiseImages(gradient: Numbers, kernel: Numbers, sliding: Sliding, ofX: Numbers): void;
  /** The gradient of the kernel of `depthwise`, in float64. */
  depthwiseKernel(gradient: Numbers, x: Numbers, sliding: Sliding, ofKernel: Float64Array): void;
  /** The maximum of each window, by channel; NaN wins, and a window off the image gives −∞. */
  maxPool(x: Numbers, windows: Windows, samples: number, out: Numbers): void;
  /** The backward pass of `maxPool`: elements that tie in a window share its gradient evenly. */
  maxPoolBack(
    gradient: Numbers,
    x: Numbers,
    out: Numbers,
    windows: Windows,
    samples: number,
    ofX: Numbers,
  ): void;
  /** The mean of each window, by channel, over the pixels that it covers. */
  averagePool(x: Numbers, windows: Windows, samples: number, out: Numbers): void;
  /** The backward pass of `averagePool`. */
  averagePoolBack(gradient: Numbers, windows: Windows, samples: number, ofX: Numbers): void;

  /** A step of stochastic gradient descent, with momentum if there is a velocity. */
  readonly sgd: OptimizerKernel<settings.SgdSettings>;
  /** A step of Adam, or of AMSGrad if there is a third memory. */
  readonly adam: OptimizerKernel<settings.AdamSettings>;
  /** A step of RMSprop. */
  readonly rmsprop: OptimizerKernel<settings.RmspropSettings>;
  /** A step of Adagrad. */
  readonly adagrad: OptimizerKernel<settings.AdagradSettings>;
  /** A step of Nadam. */
  readonly nadam: OptimizerKernel<settings.NadamSettings>;
  /** A step of Lion. */
  readonly lion: OptimizerKernel<settings.LionSettings>;
  /** A step of LAMB. */
  readonly lamb: OptimizerKernel<settings.LambSettings>;
}
