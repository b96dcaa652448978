/** A disturbance of later layers: the size or mean of a norm's input, or a learned gain or shift that grows. */
export type Disturbance = 'size' | 'offset' | 'gain' | 'shift';

/** Facts by which one norm is chosen over another. */
export interface Traits {
  /** Between layers, or on the logits at the end. */
  readonly place: 'hidden' | 'logits';
  /**
   * The other inputs that an output element depends on: none, or its group along the axes, its sample, the steps of its
   * sample so far, or its batch.
   */
  readonly couples: 'nothing' | 'group' | 'sample' | 'prefix' | 'batch';
  /** The same at inference, for a norm of the batch whose output then depends on more than its own element. */
  readonly couplesAtInference?: 'sample';
  /** Floating-point operations an element in the forward pass; a tanh counts as 20. */
  readonly cost: number;
  /**
   * Why forward and backward may take up to six times as long as those of layer_norm; left out for norms that may take
   * three times as long.
   */
  readonly takesLonger?: string;
  /** The disturbances that the norm removes. */
  readonly guards: readonly Disturbance[];
}
