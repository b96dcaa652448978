import { at, inOrder, abreast, loop } from './loop.mjs';

const x = (k) => `x[${at('p', k)}]!`;

const power = (adds) => `
  /** Σx² of n numbers from p on. */
  function powerRow(n: number, x: Numbers, p: number): number {
    ${adds.declare('squares')}
    ${loop(['p'], (k) => `const c = ${x(k)}; ${adds.sum('squares', k)} += c * c;`)}
    return ${adds.total('squares')};
  }
`;

// n·var = Σd² − (Σd)²/n for d = x − x₀, where Σd² = n·var + n·(x₀ − x̄)² and (x₀ − x̄)² ≤ n·var, since x₀ is one of the
// row: cancellation magnifies the rounding of float64 by n + 1 at most. A constant row has d = 0, exactly.
const onePass = `
  /** \`sums\` ← x̄, 0 and Σ(x − x̄)² of a row: around x₀, and again around x̄ if cancellation costs more than ten bits. */
  function measureRow(n: number, x: Numbers, p: number): void {
    measureAround(n, x, p, x[p]!);
    if (sums[2]! * 1024 < sums[1]!) measureAround(n, x, p, sums[0]!);
    sums[1] = 0;
  }

  /** \`sums\` ← x̄, Σd² and Σ(x − x̄)² for d = x − shift. */
  const measureAround = (n: number, x: Numbers, p: number, shift: number): void => {
    ${abreast.declare('offset')}
    ${abreast.declare('squares')}
    ${loop(
      ['p'],
      (k) =>
        `const d = ${x(k)} - shift; ${abreast.sum('offset', k)} += d; ${abreast.sum('squares', k)} += d * d;`,
    )}
    const offset = ${abreast.total('offset')};
    const squares = ${abreast.total('squares')};
    sums[0] = shift + offset / n;
    sums[1] = squares;
    sums[2] = squares - (offset * offset) / n;
  };
`;

const threePasses = `
  /** \`sums\` ← x̄, the mean of x − x̄ (its rounding error), and Σ(x − x̄)² of a row. */
  function measureRow(n: number, x: Numbers, p: number): void {
    const mean = sumAround(n, x, p, 0) / n;
    const rest = sumAround(n, x, p, mean) / n;
    sums[0] = mean;
    sums[1] = rest;
    sums[2] = squaresAround(n, x, p, mean, rest);
  }

  const sumAround = (n: number, x: Numbers, p: number, mean: number): number => {
    let offset = 0;
    ${loop(['p'], (k) => `offset += ${x(k)} - mean;`)}
    return offset;
  };

  const squaresAround = (n: number, x: Numbers, p: number, mean: number, rest: number): number => {
    let squares = 0;
    ${loop(['p'], (k) => `const c = ${x(k)} - mean - rest; squares += c * c;`)}
    return squares;
  };
`;

/**
 * Float32 leaves digits to spare in float64 sums: one pass, several partial sums, products with 1 / N, and the factors
 * of x̂ combined.
 */
export const single = {
  adds: abreast,
  statistics: onePass + power(abreast),
  inverse: 'const inverse = 1 / root;',
  push: {
    before: `
      const inverse = 1 / root;
      const slope = (pushed - radial * inverse) * inverse;
      const base = offset * inverse;
    `,
    step: (k, out, g) => `${out} = ${g} * inverse + (${x(k)} - mean) * slope - base;`,
  },
  unit: (k) => `(${x(k)} - mean) * inverse`,
  /** Whether Σx̂ is negligible, so that Σ(g − x̂ · radial) is Σg. */
  balanced: true,
};

/** Float64 keeps every rounding of the plain loops, and their order. */
export const double = {
  adds: inOrder,
  statistics: threePasses + power(inOrder),
  inverse: '',
  push: {
    before: '',
    step: (k, out, g) => `
      const unit = (${x(k)} - mean - rest) / root;
      ${out} = (${g} - unit * radial - offset) / root + pushed * unit;
    `,
  },
  unit: (k) => `((${x(k)} - mean - rest) / root)`,
  balanced: false,
};
