import {
  type Axes,
  type NdArray,
  add,
  distance,
  flat,
  linear,
  map,
  mul,
  reshape,
  sumTo,
  zip,
} from '../../array/index.js';
import type { Invariant, Trial } from '../law.js';
import { type WithAxes, count, exactly, u, wide } from './bounds.js';
import { laid, relative, worst } from './groups.js';

/** The names of a learned gain and shift, and the axes they are learned along: the option axis when left out. */
interface Learned {
  readonly gain?: string;
  readonly shift?: string;
  /** The symbol of the shift: β when left out. */
  readonly shiftSymbol?: string;
  readonly along?: Axes;
  /** The symbol of the gain: γ when left out. */
  readonly symbol?: string;
  /** The option that states a number o, by which the factor of x̂ is o + γ. */
  readonly offset?: string;
}

function pull({ x, normal, linearize }: Pick<Trial<never>, 'x' | 'normal' | 'linearize'>) {
  const dy = normal(x.shape);
  const { outputs, pullback, weights } = linearize(x, { training: true, mask: undefined });
  return { dy: wide(dy), y: wide(outputs[0]), weights: pullback([dy]).weights, given: weights };
}

const magnitude = (a: NdArray): NdArray => map(a, Math.abs);

const sumOf = (a: NdArray): number => [...flat(a)].reduce((sum, value) => sum + value, 0);

/** The laws of a gain γ and a shift β behind a unit that does not depend on them, y = γ x̂ + β. */
export function learnedLaws({
  gain,
  shift,
  along: stated,
  symbol = 'γ',
  shiftSymbol = 'β',
  offset,
}: Learned) {
  const along = ({ options }: Trial<unknown>): Axes => stated ?? (options as WithAxes).axis;
  const present = ({ weights }: Trial<unknown>, name: string | undefined): boolean =>
    name !== undefined && weights[name] !== undefined;
  const symbols = [
    ...(gain ? [`⟨${offset ? `o + ${symbol}` : symbol}, d${symbol}⟩`] : []),
    ...(shift ? [`⟨${shiftSymbol}, d${shiftSymbol}⟩`] : []),
  ].join(' + ');
  return {
    ...(gain && {
      learnedGradients: {
        claim: `${symbols} = ⟨y, dy⟩, if the layer has these weights.`,
        corollary: true,
        applies: (trial) => present(trial, gain),
        deviation: (trial) => {
          const { dy, y, weights, given } = pull(trial);
          const names = [gain, shift].filter((name) => name !== undefined && weights[name]) as string[];
          const ahead = offset === undefined ? 0 : Number((trial.options as Record<string, unknown>)[offset]);
          const learned = names.reduce((sum, name) => {
            const factor = linear(wide(given[name]!), 1, name === gain ? ahead : 0);
            return sum + sumOf(mul(wide(weights[name]!), factor));
          }, 0);
          const beta = shift && laid(trial, shift, along(trial));
          // y = γ x̂ + β is rounded three times, relative to |γ x̂| + |β| ≤ |y| + 2 |β|.
          const size = beta
            ? add(
                magnitude(y),
                map(magnitude(beta), (b) => 2 * b),
              )
            : magnitude(y);
          const scale = sumOf(mul(size, magnitude(dy)));
          return relative(learned - sumOf(mul(y, dy)), (count(trial) + 8) * scale);
        },
        bound: u,
      } as Invariant<unknown>,
    }),

    ...(shift && {
      shiftGradient: {
        claim: `d${shiftSymbol} is the sum of dy over all positions that share ${shiftSymbol}.`,
        corollary: true,
        applies: (trial) => present(trial, shift),
        deviation: (trial) => {
          const { dy, weights } = pull(trial);
          const shape = laid(trial, shift, along(trial))!.shape;
          const [claimed, size] = [dy, magnitude(dy)].map((a) => sumTo(a, shape));
          const pulled = reshape(wide(weights[shift]!), shape);
          return worst(
            flat(
              zip(
                zip(pulled, claimed!, (a, b) => a - b),
                size!,
                (d, s) => relative(d, (count(trial) + 4) * s),
              ),
            ),
          );
        },
        bound: u,
      } as Invariant<unknown>,
    }),
  };
}

/** The law that a weight at its neutral number gives the same bits as the option that leaves it out, `under` some options. */
export const switchedOff = <O, U = unknown>(
  changes: Partial<O>,
  neutral: Readonly<Record<string, number>>,
  under: Partial<U> = {},
): Invariant<O & U> => ({
  claim: `With ${Object.entries({ ...neutral, ...under })
    .map(([name, value]) => `${name} = ${String(value)}`)
    .join(' and ')}, the output and the gradient of x have the same bits as with ${Object.entries(changes)
    .map(([name, value]) => `${name}: ${String(value)}`)
    .join(', ')}.`,
  deviation: ({ x, linearize, normal }) => {
    const dy = normal(x.shape);
    const settings = under as Partial<O & U>;
    const one = linearize(x, { changes: settings, weights: neutral });
    const other = linearize(x, { changes: { ...settings, ...changes } });
    return Math.max(
      distance(one.outputs[0], other.outputs[0]),
      distance(one.pullback([dy]).x, other.pullback([dy]).x),
    );
  },
  bound: exactly,
});
