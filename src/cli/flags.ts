import { type Command, InvalidArgumentError, Option as Flag } from 'commander';
import { type Option, type Options, snakeCase } from '../option/index.js';

/** Gives a command a flag for each declared option: its name, words and default are the declaration's. */
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
};

const shape = ({ kind }: Option): string => SHAPES[kind] ?? '<word>';

/**
 * What was typed as the kind of value that the option takes; whether it will do is checked with all the
 * others.
 */
function parse(option: Option, typed: string): unknown {
  const { kind } = option;
  // Words that are not among the option's are refused with all the others, where the error lists them.
  if (kind === 'number or word') return Number.isNaN(Number(typed)) ? typed : parseNumber(typed);
  if (kind === 'numbers') return typed.trim() === '' ? [] : typed.split(',').map(parseNumber);
  return kind === 'number' || kind === 'seed' ? parseNumber(typed) : typed;
}

/** A number that was typed. */
export function parseNumber(typed: string): number {
  const value = Number(typed);
  if (typed.trim() === '' || Number.isNaN(value)) throw new InvalidArgumentError('It takes a number.');
  return value;
}
