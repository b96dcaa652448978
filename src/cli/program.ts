import { Command, CommanderError, InvalidArgumentError, Option as Flag } from 'commander';
import { NormtapeError } from '../error.js';
import { type BenchFlags, bench } from './bench/bench.js';
import { type CompareFlags, compare } from './compare/compare.js';
import { declareExperiments } from './experiment/experiments.js';
import { type ExportFlags, declareExport, exportCommand } from './export/command.js';
import { type ChooseFlags, choose } from './choose.js';
import { type InfoFlags, info } from './info.js';
import { reasonOf } from './reasons.js';
import { sweepCommand } from './sweep/command.js';
import { type SweepFlags, declareSweep } from './sweep/flags.js';
import { type Terminal, linesOf, plainTerminal } from './terminal.js';
import { type ValidateFlags, validate } from './validate.js';
import { type GradcheckFlags, checkGradients } from './verify/gradcheck.js';
import { type VerifyFlags, verify } from './verify/verify.js';
import { version } from './version.js';

const DTYPES = ['float32', 'float64'];
const OWN_NORMS = 'script files that export your own norms, separated by commas';
const KERNELS = ['auto', 'js', 'wasm', 'wasm-relaxed'];

/**
 * Runs the command that the arguments ask for; returns its exit code: 1 for a mistake or a failure, 2 for wrong usage,
 * 128 plus the number of the signal after an interruption.
 */
export async function run(args: readonly string[], given: Terminal): Promise<number> {
  const terminal = plainTerminal(given);
  let code = 0;
  const program = new Command('normtape')
    .description(
      'Normalization layers: train with them, compare and verify them, check their configurations.',
    )
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.print(linesOf(text.trimEnd())),
      writeErr: (text) => terminal.tell(linesOf(text.trimEnd())),
    });

  declareSweep(program.command('sweep')).action(
    async (flags: SweepFlags) => void (code = await sweepCommand(flags, terminal)),
  );

  program
    .command('compare <runA> <runB>')
    .description('Compare two sweeps: paired differences of the accuracy of each norm, seed by seed.')
    .option('--out <folder>', 'the folder of the runs, if they are given by name', 'runs')
    .option('--json', 'print the result as JSON, and nothing else')
    .action((a: string, b: string, flags: CompareFlags) => void (code = compare(a, b, flags, terminal)));

  declareExport(program.command('export'), OWN_NORMS).action(
    async (model: string, flags: ExportFlags) => void (code = await exportCommand(model, flags, terminal)),
  );

  declareExperiments(program, terminal, (ended) => void (code = ended));

  program
    .command('info [type]')
    .description('List all norms, or describe one norm or the norms in your own file.')
    .option('--norms <files>', OWN_NORMS)
    .option('--json', 'print the result as JSON, and nothing else')
    .action((type: string | undefined, flags: InfoFlags) => info(type, flags, terminal));

  program
    .command('choose')
    .description('List the norms that fit your network, cheapest first, with facts to compare them.')
    .addOption(
      new Flag('--place <place>', 'only norms for this place: between layers, or on the logits').choices([
        'hidden',
        'logits',
      ]),
    )
    .option('--causal', 'only norms whose output at a step never depends on later steps')
    .option('--batch <size>', 'only norms that work with batches of this size', upTo(2 ** 31), undefined)
    .option('--alike', 'only norms that compute the same function in training and inference')
    .option('--stateless', 'only norms without running statistics')
    .option('--guards <disturbances>', 'only norms that remove all of these: size, offset, gain, shift')
    .option('--norms <files>', OWN_NORMS)
    .option('--json', 'print the result as JSON, and nothing else')
    .action((flags: ChooseFlags) => choose(flags, terminal));

  program
    .command('validate <file>')
    .description(
      'List every mistake in a JSON file with one configuration, or with a dictionary of named ones.',
    )
    .option('--norms <files>', OWN_NORMS)
    .option('--json', 'print the result as JSON, and nothing else')
    .action(
      async (file: string, flags: ValidateFlags) => void (code = await validate(file, flags, terminal)),
    );

  program
    .command('verify [norms...]')
    .description(
      'Test every claim of the norms, or of those in your own file, on random cases. Exits with code 1 if a claim is broken.',
    )
    .option('--runs <number>', 'the number of random cases for each kind of claim', whole, 100)
    .option('--seed <number>', 'the seed of the random cases', whole, 0)
    .addOption(new Flag('--dtype <dtype>', 'check only this dtype').choices(DTYPES))
    .option('--only <claims>', 'check only these claims, separated by commas')
    .option('--path <path>', 'replay the counterexample at this path; needs its --seed')
    .option('--json', 'print the report as JSON, and nothing else')
    .action(
      async (norms: string[], flags: VerifyFlags) => void (code = await verify(norms, flags, terminal)),
    );

  program
    .command('gradcheck <norm>')
    .description(
      'Compare the gradients of one norm, or of the first norm in your own file, with finite differences.',
    )
    .option('--config <json>', 'the options of the norm, as JSON or as a JSON file')
    .option('--shape <sizes>', 'the shape of the input', sizes, [2, 3, 4])
    .option('--seed <number>', 'the seed of the input, the weights and the gradients', whole, 0)
    .option('--inference', 'check it in eval mode')
    .option('--json', 'print the report as JSON, and nothing else')
    .action(
      async (norm: string, flags: GradcheckFlags) =>
        void (code = await checkGradients(norm, flags, terminal)),
    );

  program
    .command('bench [norms...]')
    .description('Rank the norms, or those in your own file, by their time relative to copying the input.')
    .option('--widths <sizes>', 'the row widths, separated by commas', sizes, [64, 256, 768, 1024])
    .option('--elements <number>', 'the number of elements of the input', upTo(2 ** 28), 512 * 768)
    .option('--rounds <number>', 'how often each norm is timed', upTo(10_000), 11)
    .option('--milliseconds <number>', 'how long each norm runs per round', upTo(60_000), 10)
    .option('--seed <number>', 'the seed of the input and of the order of the norms', whole, 0)
    .addOption(new Flag('--dtype <dtype>', 'the dtype of the input').choices(DTYPES).default('float32'))
    .addOption(new Flag('--kernels <set>', 'the kernels to use').choices(KERNELS).default('auto'))
    .option('--json', 'print the ranking as JSON, and nothing else')
    .action(async (norms: string[], flags: BenchFlags) => void (code = await bench(norms, flags, terminal)));

  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const inWords = error instanceof NormtapeError ? error : systemError(error);
    if (!inWords) throw error;
    terminal.tell(inWords.message);
    return 1;
  }
}

/** An error of the system, such as a missing file or no memory, as a NormtapeError; undefined for other errors. */
function systemError(error: unknown): NormtapeError | undefined {
  const { syscall, path, message } = error as NodeJS.ErrnoException;
  if (syscall) {
    const where = path ?? 'normtape';
    const received = reasonOf(error as NodeJS.ErrnoException);
    return new NormtapeError({ where, expected: `${syscall} to succeed`, received });
  }
  if (!(error instanceof RangeError) || !/alloc|array length|memory/i.test(message)) return undefined;
  const expected = 'work that fits into memory';
  return new NormtapeError({
    where: 'normtape',
    expected,
    received: message,
    hint: 'Use a smaller size, or fewer norms at once.',
  });
}

function whole(typed: string): number {
  const value = Number(typed);
  if (typed.trim() === '' || !Number.isInteger(value)) throw new InvalidArgumentError('Give a whole number.');
  return value;
}

/** Parses a whole number from 1 to `most`, which keeps memory, and the time until Ctrl-C is noticed, small. */
const upTo =
  (most: number) =>
  (typed: string): number => {
    const value = whole(typed);
    if (value >= 1 && value <= most) return value;
    throw new InvalidArgumentError(`Give a whole number from 1 to ${most}.`);
  };

function sizes(typed: string): number[] {
  const list = typed.split(',').map((size) => whole(size));
  if (list.some((size) => size < 1))
    throw new InvalidArgumentError('Give whole numbers from 1, separated by commas.');
  return list;
}
