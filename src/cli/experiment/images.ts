import { Random, flat, fromFlat, map, reshape, store } from '../../array/index.js';
import { Tensor } from '../../autograd/tape.js';
import { type Dataset, pick } from '../../data/index.js';
import { NormtapeError } from '../../error.js';

/**
 * A data set as images [samples, height, width, channels]: images without channels get one, and rows with a square
 * number of pixels become square images.
 * @throws if that is impossible, or if there are no samples.
 */
export function asImages(where: string, { features, ...rest }: Dataset): Dataset {
  const [samples = 0, ...sample] = features.shape;
  if (samples === 0) throw new NormtapeError({ where, expected: 'at least one sample', received: samples });
  const side = Math.sqrt(sample[0] ?? 0);
  const image =
    sample.length === 3
      ? sample
      : sample.length === 2
        ? [...sample, 1]
        : sample.length === 1 && side > 0 && Number.isInteger(side)
          ? [side, side, 1]
          : undefined;
  if (image) {
    return { ...rest, features: new Tensor(reshape(features.value, [samples, ...image])) };
  }
  const hint =
    'Use the digits or IDX files of images; a row of numbers is an image if their count is a square.';
  throw new NormtapeError({
    where,
    expected: 'images',
    received: `samples of the shape ${JSON.stringify(sample)}`,
    hint,
  });
}

/** The first `count` samples, or all if there are fewer. */
export const atMost = (data: Dataset, count: number): Dataset =>
  data.labels.length <= count
    ? data
    : pick(
        data,
        Array.from({ length: count }, (_, i) => i),
      );

/** Inverts images: the least and the largest pixel of the data are swapped, and all others mirrored. */
export function inverted(images: Tensor): Tensor {
  let [least, most] = [Infinity, -Infinity];
  for (const pixel of flat(images.value)) [least, most] = [Math.min(least, pixel), Math.max(most, pixel)];
  return new Tensor(map(images.value, (pixel) => least + most - pixel));
}

/** `count` images of Gaussian noise, with the mean, deviation and range of the pixels of the given images. */
export function gaussianLike(images: Tensor, count: number, seed: number): Tensor {
  const pixels = flat(images.value);
  let [least, most, sum] = [Infinity, -Infinity, 0];
  for (const pixel of pixels) {
    [least, most] = [Math.min(least, pixel), Math.max(most, pixel)];
    sum += pixel;
  }
  const mean = sum / pixels.length;
  let squares = 0;
  for (const pixel of pixels) squares += (pixel - mean) ** 2;
  const deviation = Math.sqrt(squares / pixels.length);
  const random = new Random(seed);
  const data = store('float32', (count * pixels.length) / images.shape[0]!);
  for (let i = 0; i < data.length; i++) {
    data[i] = Math.min(most, Math.max(least, mean + deviation * random.normal()));
  }
  return new Tensor(fromFlat(data, [count, ...images.shape.slice(1)]));
}

/** `count` images whose pixels are each drawn from all pixels of the given images. */
export function noiseLike(images: Tensor, count: number, seed: number): Tensor {
  const pixels = flat(images.value);
  const random = new Random(seed);
  const size = pixels.length / images.shape[0]!;
  const data = store('float32', count * size);
  for (let i = 0; i < data.length; i++) data[i] = pixels[random.integer(pixels.length)]!;
  return new Tensor(fromFlat(data, [count, ...images.shape.slice(1)]));
}
