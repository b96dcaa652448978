// Compiled, never run: options are an object, whether or not one of them has another name.
import { mean, tensor } from '../../src/index.js';

mean(tensor([1]), [0], { keepDims: true });
// @ts-expect-error no object of options
mean(tensor([1]), [0], true);
// @ts-expect-error no such option
mean(tensor([1]), [0], { keep: true });
