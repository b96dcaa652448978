// Until the package exports them, a scope is a call, and nothing is known of memory.
import * as normtape from '../../../dist/index.js';

export const { scope = (f) => f(), memoryInfo } = normtape;
