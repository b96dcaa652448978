// Packs the package, installs it into small projects, and trains a network with a norm in every environment that there
// is: runtimes, compilers, bundlers, pages. Prints a table, writes docs/environments.md, and fails if one fails.
import Table from 'cli-table3';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { environments } from './environments/list.mjs';
import { PAGE, page } from './environments/page.mjs';
import { FOLDER } from './environments/program.mjs';
import { installTools, packed } from './environments/project.mjs';
import { NotInstalled, closeBrowser } from './environments/tools.mjs';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    built: { type: 'boolean', default: false },
  },
});
const chosen = environments.filter(({ group, name }) => `${group}: ${name}`.includes(values.only));
if (chosen.length === 0) throw new Error(`No environment has "${values.only}" in its name.`);

/** The outcome in one environment. */
async function tried({ group, name, run }, template) {
  try {
    const { version, kernels } = await run(template);
    return { group, name, outcome: 'pass', version, note: kernels };
  } catch (error) {
    if (error instanceof NotInstalled)
      return { group, name, outcome: 'not installed', version: '', note: error.message };
    console.log(`\n${name}:\n${error.message}\n`);
    return {
      group,
      name,
      outcome: 'fail',
      version: '',
      note: error.message.trim().split('\n')[0].slice(0, 100),
    };
  }
}

installTools(FOLDER);
console.log('npm pack …');
const { folder, remove } = packed(values);
const results = [];
// All projects are in that folder.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => {
    remove();
    process.exit(1);
  });
try {
  for (const environment of chosen) {
    const result = await tried(environment, folder);
    console.log(`${result.outcome.padEnd(14)} ${result.name}`);
    results.push(result);
  }
} finally {
  remove();
  await closeBrowser();
}

const table = new Table({
  head: ['environment', 'version', 'outcome', 'kernels'],
  style: { head: [], border: [] },
});
for (const { name, version, outcome, note } of results) table.push([name, version, outcome, note]);
console.log(table.toString());
const count = (outcome) => results.filter((result) => result.outcome === outcome).length;
console.log(`${count('pass')} passed, ${count('fail')} failed, ${count('not installed')} not installed`);
if (values.only) console.log(`${PAGE} is only written after a run of all.`);
else writeFileSync(PAGE, await page(results, new Date()));
process.exitCode = count('fail') > 0 ? 1 : 0;
