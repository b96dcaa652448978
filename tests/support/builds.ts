import { edits } from '../../src/kernels/wasm/binaries/edits.js';
import { plain } from '../../src/kernels/wasm/binaries/plain.js';

/** The compiled kernels, as the package brings them. */
export const builds = { plain, edits };
