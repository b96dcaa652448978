import {
  type Axes,
  type Shape,
  across,
  broadcastShape,
  positiveAxes,
  resized,
  sizeOf,
} from '../../array/index.js';
import type { Algebra } from '../../norms/algebra.js';
import type { Field } from './field.js';

/** One number of a computation, with the numbers it was made of and its slope by each. */
interface Scalar<N> {
  readonly value: N;
  readonly parents: readonly (readonly [parent: Scalar<N>, slope: N])[];
}

/** An array of such numbers, in row-major order. */
interface Scalars<N> {
  readonly shape: Shape;
  readonly data: readonly Scalar<N>[];
}

/** The algebra of formulas on single numbers of any kind, with a backward pass: a tape as in a textbook. */
export function scalars<N>(field: Field<N>) {
  const [zero, one] = [field.of(0), field.of(1)];
  let tape: Scalar<N>[] = [];

  const scalar = (value: N, ...parents: Scalar<N>['parents']): Scalar<N> => {
    const made = { value, parents };
    tape.push(made);
    return made;
  };

  type Operand = Scalars<N> | number;
  const array = (values: readonly N[], shape: Shape): Scalars<N> => ({
    shape,
    data: values.map((v) => scalar(v)),
  });
  const lifted = (x: Operand): Scalars<N> => (typeof x === 'number' ? array([field.of(x)], []) : x);

  const binary =
    (f: (a: Scalar<N>, b: Scalar<N>) => Scalar<N>) =>
    (x: Operand, y: Operand): Scalars<N> => {
      const [a, b] = [lifted(x), lifted(y)];
      const shape = broadcastShape(a.shape, b.shape);
      const [from, other] = [positions(a.shape, shape), positions(b.shape, shape)];
      return { shape, data: from.map((at, i) => f(a.data[at]!, b.data[other[i]!]!)) };
    };

  const unary =
    (f: (x: N) => N, slope: (x: N, y: N) => N) =>
    ({ shape, data }: Scalars<N>): Scalars<N> => ({
      shape,
      data: data.map((x) => {
        const y = f(x.value);
        return scalar(y, [x, slope(x.value, y)]);
      }),
    });

  const plus = (a: Scalar<N>, b: Scalar<N>) => scalar(field.add(a.value, b.value), [a, one], [b, one]);

  /** The groups along the axes, each folded to one number. */
  const fold =
    (f: (group: readonly Scalar<N>[]) => Scalar<N>) =>
    ({ shape, data }: Scalars<N>, axes: Axes): Scalars<N> => {
      const reduced = across(shape, axes);
      const groups: Scalar<N>[][] = Array.from({ length: sizeOf(reduced) }, () => []);
      positions(reduced, shape).forEach((to, i) => groups[to]!.push(data[i]!));
      return { shape: reduced, data: groups.map(f) };
    };

  /** Elements that tie share the gradient. */
  const largest = (group: readonly Scalar<N>[]) => {
    const { value } = group.reduce((most, x) => (field.exceeds(x.value, most.value) ? x : most));
    const hits = group.filter((x) => !field.exceeds(value, x.value));
    const share = field.div(one, field.of(hits.length));
    return scalar(value, ...hits.map((x) => [x, share] as const));
  };

  const quotient = (a: Scalar<N>, b: Scalar<N>) => {
    const value = field.div(a.value, b.value);
    return scalar(value, [a, field.div(one, b.value)], [b, field.sub(zero, field.div(value, b.value))]);
  };

  const larger = binary((a, b) => {
    const share = field.tie(a.value, b.value);
    if (share !== undefined) return scalar(field.larger(a.value, b.value), [a, share], [b, share]);
    const top = field.exceeds(a.value, b.value) ? a : b;
    return scalar(top.value, [top, one]);
  });

  const slice = ({ shape, data }: Scalars<N>, axis: number, from: number, to: number): Scalars<N> => {
    const { n, step } = along(shape, axis);
    return {
      shape: resized(shape, axis, to - from),
      data: data.filter((_, i) => {
        const at = Math.floor(i / step) % n;
        return at >= from && at < to;
      }),
    };
  };

  /** Takes a row of every array in turn. */
  const concat = (parts: readonly Scalars<N>[], axis: number): Scalars<N> => {
    const laid = parts.map(({ shape, data }) => ({ data, ...along(shape, axis) }));
    const total = laid.reduce((sum, { n }) => sum + n, 0);
    return {
      shape: resized(parts[0]!.shape, axis, total),
      data: Array.from({ length: laid[0]!.rows }, (_, row) =>
        laid.flatMap(({ data, n, step }) => data.slice(row * n * step, (row + 1) * n * step)),
      ).flat(),
    };
  };

  const minus = field.of(-1);
  const total = fold((group) => group.reduce(plus));
  const add = binary(plus);
  const exp = unary(field.exp, (_, y) => y);
  const sub = binary((a, b) => scalar(field.sub(a.value, b.value), [a, one], [b, minus]));
  const mul = binary((a, b) => scalar(field.mul(a.value, b.value), [a, b.value], [b, a.value]));
  const div = binary(quotient);
  const mean = (x: Scalars<N>, axes: Axes) =>
    div(total(x, axes), sizeOf(x.shape) / sizeOf(across(x.shape, axes)));

  /** A number never wins against its equal. */
  const greater = (a: Scalars<N>, b: Operand): Scalars<N> => {
    if (typeof b !== 'number') return larger(a, b);
    const bound = scalar(field.of(b));
    return {
      shape: a.shape,
      data: a.data.map((x) => {
        const wins = !field.exceeds(bound.value, x.value);
        const share = field.tie(bound.value, x.value);
        if (share === undefined) return wins ? scalar(x.value, [x, one]) : bound;
        const slope = wins ? field.add(share, share) : field.sub(share, share);
        return scalar(field.larger(x.value, bound.value), [x, slope]);
      }),
    };
  };

  const algebra: Algebra<Scalars<N>> = {
    shape: ({ shape }) => shape,
    reshape: ({ data }, shape) => ({ shape, data }),
    add,
    sub,
    mul,
    div,
    // The slope at 0 is taken to be 0, as on the tape.
    abs: unary(
      (x) => (field.exceeds(zero, x) ? field.sub(zero, x) : x),
      (x) => (field.exceeds(zero, x) ? minus : field.exceeds(x, zero) ? one : zero),
    ),
    sqrt: unary(field.sqrt, (_, y) => field.div(field.of(0.5), y)),
    exp,
    log: unary(field.log, (x) => field.div(one, x)),
    tanh: unary(field.tanh, (x) => field.sech2(x)),
    sin: unary(field.sin, (x) => field.cos(x)),
    cos: unary(field.cos, (x) => field.sub(zero, field.sin(x))),
    sigmoid: (x) => div(1, add(exp(sub(0, x)), 1)),
    erf: unary(field.erf, (x) => field.bell(x)),
    stop: ({ shape, data }) => ({ shape, data: data.map(({ value }) => scalar(value)) }),
    slice,
    concat,
    maximum: greater,
    // −max(−a, −b).
    minimum: (a, b) => sub(0, greater(sub(0, a), typeof b === 'number' ? -b : sub(0, b))),
    positive: ({ shape, data }) => ({
      shape,
      data: data.map(({ value }) => scalar(field.exceeds(value, zero) ? one : zero)),
    }),
    sum: total,
    mean,
    max: fold(largest),
    count: ({ shape }, axes) => array([field.of(sizeOf(shape) / sizeOf(across(shape, axes)))], []),
    variance(x, center, axes) {
      const centered = sub(x, center);
      return mean(mul(centered, centered), axes);
    },
    name: (_, x) => x,
  };

  return {
    algebra,
    array,
    /** Runs f, and returns what it made with the gradients of the leaves for these gradients of the outputs. */
    vjp(
      f: () => readonly Scalars<N>[],
      seeds: readonly (readonly N[])[],
      leaves: readonly Scalars<N>[],
    ): { readonly outputs: readonly N[][]; readonly gradients: readonly N[][] } {
      tape = [];
      const outputs = f();
      const gradients = new Map<Scalar<N>, N>();
      const give = (to: Scalar<N>, g: N) => {
        const before = gradients.get(to);
        gradients.set(to, before === undefined ? g : field.add(before, g));
      };
      outputs.forEach(({ data }, k) => data.forEach((y, i) => give(y, seeds[k]![i]!)));
      for (const made of [...tape].reverse()) {
        const g = gradients.get(made);
        if (g === undefined) continue;
        for (const [parent, slope] of made.parents) give(parent, slope === one ? g : field.mul(g, slope));
      }
      return {
        outputs: outputs.map(({ data }) => data.map(({ value }) => value)),
        gradients: leaves.map(({ data }) => data.map((x) => gradients.get(x) ?? zero)),
      };
    },
  };
}

/** How the elements lie along an axis: `rows` times `n` neighbours that are `step` elements apart. */
function along(shape: Shape, axis: number) {
  const [at] = positiveAxes(axis, shape.length);
  return { rows: sizeOf(shape.slice(0, at)), n: shape[at!]!, step: sizeOf(shape.slice(at! + 1)) };
}

/** Where each element of the whole shape is found in an array that is stretched to it. */
function positions(shape: Shape, whole: Shape): number[] {
  let at = [0];
  let step = sizeOf(shape);
  whole.forEach((n, axis) => {
    const size = shape[axis - whole.length + shape.length] ?? 1;
    step /= size;
    at = at.flatMap((from) => Array.from({ length: n }, (_, i) => from + (size === 1 ? 0 : i * step)));
  });
  return at;
}
