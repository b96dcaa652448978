import { fromFlat, store } from '../array/index.js';
import { bytesOf } from '../kernels/index.js';
import { type Given, flag, resolve } from '../option/index.js';
import { type Dataset, dataset } from './dataset.js';
import { COUNT, PACKED } from './digits.packed.js';

const PIXELS = 64;

const OPTIONS = {
  scaled: flag(true, 'Whether pixels are scaled to 0 to 1; otherwise they are whole numbers from 0 to 16.'),
};

/**
 * 1,797 handwritten digits of 8×8 pixels: features [1797, 64], row by row from the top left, and the labels 0 to 9.
 *
 * This is the test set of "Optical Recognition of Handwritten Digits" by E. Alpaydin and C. Kaynak (1998), from the UCI
 * Machine Learning Repository, https://doi.org/10.24432/C50P49, under CC BY 4.0; unchanged except for the packing. The
 * last 360 are by other writers than the first 1,437 and harder to recognize, so a shuffled split gives higher
 * accuracies.
 */
export function digits(given?: Given<typeof OPTIONS>): Dataset {
  const { scaled } = resolve('digits', OPTIONS, given);
  const next = bitsOf(PACKED);
  const inks = store('float32', COUNT * PIXELS);
  const labels = new Int32Array(COUNT);
  for (let image = 0; image < COUNT; image++) {
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const ink = next(1) && next(4) + 1;
      inks[image * PIXELS + pixel] = scaled ? ink / 16 : ink;
    }
    labels[image] = next(4);
  }
  return dataset('digits', fromFlat(inks, [COUNT, PIXELS]), labels, [...'0123456789']);
}

/** Returns a function that reads the next whole number of `count` bits, highest bit first. */
function bitsOf(packed: string): (count: number) => number {
  const bytes = bytesOf(packed);
  let position = 0;
  return (count) => {
    let number = 0;
    for (let i = 0; i < count; i++, position++) {
      number = 2 * number + ((bytes[position >> 3]! >> (7 - (position & 7))) & 1);
    }
    return number;
  };
}
