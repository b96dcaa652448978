/** The kinds of nodes. Everything that a model computes, forward and backward, is made of these. */
export type Kind =
  // Leaves.
  | 'input'
  | 'weight'
  | 'constant'
  | 'size'
  // Elementwise.
  | 'abs'
  | 'sqrt'
  | 'exp'
  | 'log'
  | 'tanh'
  | 'sin'
  | 'cos'
  | 'sigmoid'
  | 'erf'
  | 'add'
  | 'sub'
  | 'mul'
  | 'div'
  | 'maximum'
  | 'minimum'
  | 'greater'
  | 'equal'
  | 'select'
  // Layout.
  | 'reshape'
  | 'expand'
  | 'transpose'
  | 'slice'
  | 'pad'
  | 'concat'
  | 'gather'
  | 'scatterAdd'
  | 'oneHot'
  // Reductions and products.
  | 'sum'
  | 'mean'
  | 'max'
  | 'softmax'
  | 'logSoftmax'
  | 'matmul'
  // What source code draws anew each time.
  | 'dropout'
  // What gradients do not pass, or pass by a rule of their own.
  | 'stop'
  | 'ruled'
  // What only inference has, after nodes were joined.
  | 'layerNorm'
  | 'conv'
  | 'maxPool'
  | 'averagePool';

/** The size of an axis: a number, or a multiple of the batch size. */
export type Size = number | { readonly batch: number };

/** How a number depends on the batch size, with k = factor · batch. */
export type BatchForm = 'k' | '1/k' | 'k-1' | '1/(k-1)' | 'k/(k-1)';

/** What a node is given besides its inputs. */
export type NodeAttributes = Readonly<Record<string, unknown>>;

/** The call that a node comes from: the path of the module that ran, the op or norm, and how many calls ran before. */
export interface Place {
  readonly module: string;
  readonly op: string;
  readonly index: number;
}

/** One value of a graph, and how it is computed. While a model is traced all sizes are numbers. */
export interface Node<S = number> {
  readonly kind: Kind;
  readonly inputs: readonly Node<S>[];
  readonly shape: readonly S[];
  readonly attributes: NodeAttributes;
  /** Set in the graph of `traceGraph`, for nodes of the forward pass that are no leaves. */
  readonly place?: Place | undefined;
}

/** A graph: what it is given, and what it computes, each by name. */
export interface Graph<S = Size> {
  readonly dtype: 'float32' | 'float64';
  readonly inputs: readonly Node<S>[];
  /** Weights and running statistics, whose nodes hold their values. */
  readonly weights: readonly Node<S>[];
  readonly outputs: readonly Output<S>[];
}

/** A node whose value leaves the graph. */
export interface Output<S = Size> {
  readonly name: string;
  readonly node: Node<S>;
}

/** Whether a value is whole numbers: ids, labels. */
export const isInteger = <S>({ kind, attributes, inputs }: Node<S>): boolean =>
  attributes['type'] === 'integer' || ((kind === 'expand' || kind === 'reshape') && isInteger(inputs[0]!));

/** The nodes that outputs depend on, each after its inputs. */
export function inOrder<S>(outputs: readonly Node<S>[]): readonly Node<S>[] {
  const done = new Set<Node<S>>();
  const stack: { readonly node: Node<S>; next: number }[] = [];
  const visit = (node: Node<S>): void => {
    if (!done.has(node)) stack.push({ node, next: 0 });
  };
  for (const output of outputs) {
    visit(output);
    for (let top = stack.at(-1); top; top = stack.at(-1)) {
      const input = top.node.inputs[top.next++];
      if (input) visit(input);
      else {
        done.add(top.node);
        stack.pop();
      }
    }
  }
  return [...done];
}
