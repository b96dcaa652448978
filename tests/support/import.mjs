import process from 'node:process';

// Makes Mocha load all tests by import() instead of require. By require, tsx would make CommonJS of them, while a
// dynamic import() in the sources, such as the command's, loads ES modules: the two would have an error class, a
// catalog of norms and a choice of kernels each.
Object.defineProperty(process.features, 'require_module', { value: false });
