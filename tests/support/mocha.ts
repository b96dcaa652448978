/** The experimental flags of this process, as arguments of Mocha: its tests may need the instructions that they allow. */
const FLAGS = process.execArgv
  .filter((flag) => flag.startsWith('--experimental'))
  .flatMap((flag) => ['--node-option', flag.slice(2)]);

/** The arguments with which Node runs Mocha, from a folder, with the flags of this process. */
export const mochaArguments = (...args: readonly string[]): readonly string[] => [
  'node_modules/mocha/bin/mocha.js',
  ...FLAGS,
  ...args,
];
