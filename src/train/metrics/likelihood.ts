import { NormtapeError } from '../../error.js';
import { type Given, number, resolve } from '../../option/index.js';

/** e to the mean cross-entropy of a token in nats: the number of equally likely tokens with that entropy. */
export const perplexity = (loss: number): number => Math.exp(nats('perplexity', loss));

const OPTIONS = {
  charactersPerToken: number(1, 'How many characters a token stands for, in the mean.', {
    above: 0,
    explore: [1, 5],
  }),
};

/** The mean cross-entropy of a token, given in nats, as bits for each character. */
export function bitsPerCharacter(loss: number, given: Given<typeof OPTIONS> = {}): number {
  const { charactersPerToken } = resolve('bitsPerCharacter', OPTIONS, given);
  return nats('bitsPerCharacter', loss) / Math.LN2 / charactersPerToken;
}

function nats(where: string, loss: number): number {
  if (typeof loss === 'number') return loss;
  const hint = 'Of a tensor, take item().';
  throw new NormtapeError({ where, expected: 'a mean loss as a number', received: loss, hint });
}
