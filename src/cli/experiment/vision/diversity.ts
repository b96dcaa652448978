import { flat } from '../../../array/index.js';
import type { Tensor } from '../../../autograd/tape.js';

/**
 * The diversity of channels, from 0 to 1: the mean of (1 − cos) / 2 over all pairs of channels of a sample, each as a
 * vector of its pixels, and over samples (Woo et al. 2023, section 3). It is 0 if channels repeat each other, and 0.5
 * if they are orthogonal. A channel of zeros counts as orthogonal to the others. x has shape [samples, height, width,
 * channels].
 */
export function channelDiversity(x: Tensor): number {
  const [samples, height, width, channels] = x.shape as [number, number, number, number];
  const data = flat(x.value);
  const pixels = height * width;
  let sum = 0;
  for (let sample = 0; sample < samples; sample++) {
    const at = sample * pixels * channels;
    // The sum of cos over pairs is (‖Σ û‖² − Σ ‖û‖²) / 2, with û the channels scaled to length 1.
    const total = new Float64Array(pixels);
    let own = 0;
    for (let channel = 0; channel < channels; channel++) {
      let square = 0;
      for (let i = 0; i < pixels; i++) square += data[at + i * channels + channel]! ** 2;
      if (square === 0) continue;
      own++;
      for (let i = 0; i < pixels; i++) total[i]! += data[at + i * channels + channel]! / Math.sqrt(square);
    }
    const cosines = (total.reduce((s, t) => s + t * t, 0) - own) / 2;
    const pairs = (channels * (channels - 1)) / 2;
    sum += (1 - cosines / pairs) / 2;
  }
  return sum / samples;
}
