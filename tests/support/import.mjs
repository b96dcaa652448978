import process from 'node:process';

// With this Mocha takes import() for all tests, not require. By require tsx makes CommonJS of them, while a dynamic
// import() in the sources, such as those of the command, loads ES modules: the two would have an error class, a catalog of
// norms and a choice of kernels each.
Object.defineProperty(process.features, 'require_module', { value: false });
