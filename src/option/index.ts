export * from './case.js';
export * from './copy.js';
export * from './declare.js';
export { completed, plain, takenOut } from './given.js';
export * from './option.js';
export * from './part.js';
export * from './read.js';
export * from './realm.js';
export * from './words.js';
