import { bring } from './kernels/choice.js';
import { plain } from './kernels/wasm/binaries/plain.js';

// import 'normtape/wasm' brings the compiled kernels with plain SIMD to a program that imports normtape/js.
bring({ plain });
