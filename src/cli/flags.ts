import { type Command, InvalidArgumentError, Option as Flag } from 'commander';
import { type Option, type Options, snakeCase } from '../option/index.js';

/** Adds a flag to a command for each declared option, with the name, description and default of its declaration. */
export function declareFlags(command: Command, options: Options): void {
  for (const [name, option] of Object.entries(options)) {
    const about = `${option.about} (default: ${String(option.default)})`;
    const flag = new Flag(`--${snakeCase(name).replaceAll('_', '-')} ${shape(option)}`, about);
    command.addOption(flag.argParser((value: string) => parse(option, value)));
  }
}

const SHAPES: Partial<Readonly<Record<Option['kind'], string>>> = {
  number: '<number>',
  seed: '<number>',
  numbers: '<numbers>',
  'number or word': '<number or word>',
  'number or null': '<number or null>',
};

const shape = ({ kind }: Option): string => SHAPES[kind] ?? '<word>';

/** Converts the value of a flag to the kind that the option takes. The values are checked later, with all others. */
function parse(option: Option, typed: string): unknown {
  const { kind } = option;
  // A word that is not allowed is refused later, with an error that lists the allowed ones.
  if (kind === 'number or word') return Number.isNaN(Number(typed)) ? typed : parseNumber(typed);
  if (kind === 'number or null') return typed === 'null' ? null : parseNumber(typed);
  if (kind === 'numbers') return typed.trim() === '' ? [] : typed.split(',').map(parseNumber);
  return kind === 'number' || kind === 'seed' ? parseNumber(typed) : typed;
}

/** Parses the value of a numeric flag. */
export function parseNumber(typed: string): number {
  const value = Number(typed);
  if (typed.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('Give a number.');
  return value;
}
