// The options of the command.
import { parseArgs } from 'node:util';

export const USAGE = `Usage: npm run bench -- [options]

Compares Normtape with other libraries, and writes docs/benchmarks.md if everything is measured.

  --quick           take few and short samples
  --only a,b        measure only these groups
  --with a,b        measure only these contenders
  --node PATH       measure ours with this Node too; may be repeated
  --page            write the page even if only a part is measured
  --render          write the page from runs/benchmarks.json, and measure nothing
  --help            print this

A Node of another version comes from npm:
  npm run bench -- --node "$(npx --yes --package node@22 which node)"`;

const OPTIONS = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  with: { type: 'string' },
  node: { type: 'string', multiple: true, default: [] },
  page: { type: 'boolean', default: false },
  render: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
};

/** The options in these arguments, lists taken apart; or why they are wrong, in `wrong`. */
export function readOptions(args) {
  let values;
  try {
    ({ values } = parseArgs({ args, options: OPTIONS }));
  } catch ({ message }) {
    return { wrong: message };
  }
  return { ...values, only: values.only?.split(','), with: values.with?.split(',') };
}

/** Says that a name of a list is none of these; undefined if all are. */
export function strangers(option, given, known) {
  const unknown = (given ?? []).filter((name) => !known.includes(name));
  return unknown.length === 0 ? undefined : `${option} takes ${known.join(', ')}; not ${unknown.join(', ')}`;
}
