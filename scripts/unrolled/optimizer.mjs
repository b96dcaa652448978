import { at, loop } from './loop.mjs';

const i = (k) => at('i', k);

const sgd = (name, doc, velocity, move) => `
  /** ${doc} */
  function ${name}(
    weight: Numbers, gradient: Numbers, ${velocity ? 'velocity: Numbers, ' : ''}next: Numbers,
    ${velocity ? 'nextVelocity: Numbers, ' : ''}decay: number, keep: number, ${velocity ? 'momentum: number, ' : ''}
    inward: number, outward: number,
  ): void {
    const n = weight.length;
    let i = 0;
    ${loop(['i'], (k) => {
      const remembered = `const v = momentum * velocity[${i(k)}]! + push; nextVelocity[${i(k)}] = v;`;
      return `
        const w = weight[${i(k)}]!;
        const push = inward * (gradient[${i(k)}]! + decay * w);
        ${velocity ? remembered : ''}
        next[${i(k)}] = keep * w - outward * ${move};
      `;
    })}
  }
`;

export const optimizer = () => `
  /** Adam without the largest v so far. Returns false if a mean of squares would overflow. */
  function adam(
    weight: Numbers, gradient: Numbers, mean: Numbers, square: Numbers,
    next: Numbers, nextMean: Numbers, nextSquare: Numbers,
    decay: number, keep: number, beta1: number, beta2: number, rate: number, epsilon: number, most: number,
  ): boolean {
    const n = weight.length;
    let i = 0;
    ${loop(
      ['i'],
      (k) => `
        const w = weight[${i(k)}]!;
        const g = gradient[${i(k)}]! + decay * w;
        const m = mean[${i(k)}]! + (1 - beta1) * (g - mean[${i(k)}]!);
        const q = square[${i(k)}]!;
        const v = q + (1 - beta2) * (g * g - q);
        if (!(q >= 0 && v <= most)) return false;
        nextMean[${i(k)}] = m;
        nextSquare[${i(k)}] = v;
        next[${i(k)}] = keep * w - (rate * m) / (Math.sqrt(v) + epsilon);
      `,
      4,
    )}
    return true;
  }

  ${sgd('descend', 'Stochastic gradient descent without momentum.', false, 'push')}
  ${sgd('roll', 'Stochastic gradient descent with momentum.', true, 'v')}
  ${sgd('rollAhead', 'Stochastic gradient descent with Nesterov momentum.', true, '(push + momentum * v)')}
`;
