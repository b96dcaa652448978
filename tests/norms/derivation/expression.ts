import {
  type NdArray,
  type Shape,
  add,
  broadcastTo,
  concat,
  cumulativeSum,
  div,
  flat,
  fromFlat,
  full,
  map,
  matmul,
  mul,
  placed,
  reshape,
  scale,
  sizeOf,
  sliceView,
  sub,
  sumTo,
  transpose,
  windowSum,
  zip,
} from '../../../src/array/index.js';

/** The arrays that the symbols of an equation stand for, laid out so that they broadcast. */
export interface Scope {
  of(symbol: string): NdArray;
  /** The shape of the left-hand side, which Σ sums to. */
  readonly left: Shape;
}

const TOKEN =
  /\s*(?:(\d+)|(mean_|mean|padded|holding|later|tanh|sign|sin|cos|ln|exp)|(\p{L}\p{M}*(?:[\p{L}_]\p{M}*)*)|(.))/gu;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/**
 * The value of the right-hand side of an equation. Products bind tightest, and Σ takes in the product behind it. A product
 * with a transposed factor, such as φᵀ, is one of matrices; a list in brackets is one matrix beside the other.
 */
export function evaluate(text: string, scope: Scope): NdArray {
  const tokens = [...text.matchAll(TOKEN)].map(([token]) => token.trim());
  const transposed = new Set<NdArray>();
  let at = 0;
  const next = (wanted?: string): string => {
    const token = tokens[at++];
    if (token === undefined || (wanted !== undefined && token !== wanted))
      throw new SyntaxError(`"${text}": expected ${wanted ?? 'more'}, received ${token ?? 'the end'}`);
    return token;
  };
  const isNext = (...some: readonly string[]): boolean => some.includes(tokens[at] ?? '');

  function sum(): NdArray {
    let total = isNext('−') ? (next(), scale(product(), -1)) : product();
    while (isNext('+', '−')) total = next() === '+' ? add(total, product()) : sub(total, product());
    return total;
  }

  function product(): NdArray {
    if (isNext('Σ')) {
      next();
      return sumTo(stretched(product(), scope.left), scope.left);
    }
    let value = power();
    while (at < tokens.length && !isNext('+', '−', ')', ']', '=', '>', ',')) {
      if (isNext('/')) {
        next();
        value = div(value, power());
        continue;
      }
      const [left, right] = [value, power()];
      const isOfMatrices = [left, right].some((factor) => transposed.has(factor));
      value = isOfMatrices ? matmul(left, right) : mul(left, right);
    }
    return value;
  }

  function power(): NdArray {
    const base = atom();
    return isNext('²') ? (next(), mul(base, base)) : base;
  }

  const inside = (): NdArray => {
    next('(');
    const value = sum();
    next(')');
    return value;
  };

  function atom(): NdArray {
    if (isNext('(')) return inside();
    const token = next();
    if (/^\d/.test(token)) return full([], Number(token), 'float64');
    if (token === 'σ') return map(inside(), sigmoid);
    if (token === 'sign') return map(inside(), Math.sign);
    if (token === 'ln') return map(inside(), Math.log);
    if (token === 'exp') return map(inside(), Math.exp);
    if (token === 'π') return full([], Math.PI, 'float64');
    if (token === '√') return map(atom(), Math.sqrt);
    if (token === 'tanh') return map(inside(), Math.tanh);
    if (token === 'sin') return map(inside(), Math.sin);
    if (token === 'cos') return map(inside(), Math.cos);
    if (token === 'mean') return meanTo(inside(), scope.of('N').shape);
    if (token === 'mean_') {
      const to = scope.of(next()).shape;
      return meanTo(inside(), to);
    }
    if (token === 'later') {
      // Over n = K (t + 1) numbers up to step t.
      const K = flat(scope.of('K'))[0]!;
      const a = inside();
      const counts = Float64Array.from({ length: a.shape[1]! }, (_, t) => K * (t + 1));
      const shares = div(a, fromFlat(counts, [counts.length, 1]));
      return cumulativeSum(shares, 1, { reverse: true, exclusive: false });
    }
    if (token === 'holding') {
      const size = flat(scope.of('size'))[0]!;
      return windowSum(inside(), -1, Math.floor((size - 1) / 2), Math.floor(size / 2));
    }
    if (token === 'padded') {
      const part = inside();
      const ranges = part.shape.map((n) => [0, n] as const);
      return placed(part, scope.left, (zeros) => sliceView(zeros, ranges));
    }
    if (token === '[') {
      const a = sum();
      if (isNext(',')) {
        const parts = [a];
        while (isNext(',')) parts.push((next(), sum()));
        next(']');
        return concat(parts.map(matrix), 1);
      }
      const isEqual = isNext('=');
      next(isEqual ? '=' : '>');
      const b = sum();
      next(']');
      return zip(a, b, (x, y) => Number(isEqual ? x === y : x > y));
    }
    if (token.endsWith('ᵀ')) {
      const turned = transpose(scope.of(token.slice(0, -1)));
      transposed.add(turned);
      return turned;
    }
    return scope.of(token);
  }

  const value = sum();
  if (at < tokens.length)
    throw new SyntaxError(`"${text}": nothing was made of "${tokens.slice(at).join(' ')}"`);
  return value;
}

/** An array with its first axis as rows. */
const matrix = (a: NdArray): NdArray => reshape(a, [a.shape[0]!, a.size / a.shape[0]!]);

const meanTo = (x: NdArray, shape: Shape): NdArray => scale(sumTo(x, shape), sizeOf(shape) / sizeOf(x.shape));

/** At least as large as the shape, so that a sum to it can be taken. */
const stretched = (x: NdArray, shape: Shape): NdArray =>
  broadcastTo(
    x,
    Array.from({ length: Math.max(x.shape.length, shape.length) }, (_, i) => {
      const sizes = [x.shape, shape].map((own) => own[own.length - 1 - i] ?? 1);
      return Math.max(...sizes);
    }).reverse(),
  );
