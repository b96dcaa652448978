import './wasm.js';
import { bring } from './kernels/choice.js';
import { edits } from './kernels/wasm/binaries/edits.js';

// import 'normtape/wasm-relaxed' brings those with relaxed multiply-adds too, where the host knows them.
bring({ edits });
