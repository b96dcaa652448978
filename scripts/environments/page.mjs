// The page that says where the package was tried last.
import { format } from 'prettier';

export const PAGE = 'docs/environments.md';

/** What the page says of an environment. */
const rowOf = ({ name, version, outcome, note }) =>
  `| ${name} | ${version} | ${outcome} | ${note.replaceAll('|', '\\|')} |`;

/** The page for the outcomes of all environments. */
export function page(results, date) {
  const groups = [...new Set(results.map(({ group }) => group))];
  const tables = groups.map((group) => {
    const rows = results.filter((result) => result.group === group).map(rowOf);
    return `## ${group}\n\n| environment | version | outcome | kernels |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  });
  const text = `# Environments

\`npm run environments\` packs Normtape, installs it into a small project for each of these environments, and runs
[one program](../tests/environments/program.ts) there: it trains a network with \`layer_norm\` by \`fit\` and by \`fitAsync\`, which must
give the same losses, saves the model and loads it. Passed means that the loss fell below half, that all of that held, and that the
kernels are those that the environment allows. Pages that load a file of \`dist/browser\` neither save nor load, since \`normtape/io\`
is not in it; module workers of bundlers run the worker of [Browsers, workers and bundlers](anywhere.md#a-worker-that-trains). An environment that a machine lacks counts as not installed.

Written by that command on ${date.toISOString().slice(0, 10)}, on ${process.platform} ${process.arch}.

${tables.join('\n')}`;
  return format(text, { parser: 'markdown', printWidth: 110 });
}
