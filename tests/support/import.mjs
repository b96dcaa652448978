import process from 'node:process';

// With this Mocha takes import() for all tests, not require. By require tsx makes CommonJS of them, which cannot
// wait for what a module awaits (src/verify/peer.ts does): files that reach such a module would be imported, the
// others required, and the two would have a fast-check and a choice of kernels each, of which setup.ts sets one.
Object.defineProperty(process.features, 'require_module', { value: false });
