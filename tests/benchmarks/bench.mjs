// Compares Normtape with other libraries, interleaved, and writes docs/benchmarks.md:
// npm run build && ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm ci --prefix tests/benchmarks && npm run bench
// With some of the options in harness/options.mjs only a part is measured. Then the tables are printed instead of
// written; all numbers are saved to runs/benchmarks.json.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { CONTENDERS, OURS, PEERS, oursWith } from './contenders.mjs';
import { USAGE, readOptions, strangers } from './harness/options.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [PAGE, NUMBERS] = [`${ROOT}docs/benchmarks.md`, `${ROOT}runs/benchmarks.json`];
const COMMAND = `${ROOT}dist/cli/main.js`;

const flags = readOptions(process.argv.slice(2));
const refuse = (reason) => {
  console.error(`${reason}\n\n${USAGE}`);
  process.exit(2);
};
if (flags.help) {
  console.log(USAGE);
  process.exit(0);
}
const reason = flags.wrong ?? strangers('--with', flags.with, Object.keys(CONTENDERS));
if (reason) refuse(reason);

const chosen = flags.with ?? Object.keys(CONTENDERS);
const others = flags.node.map((path) => {
  try {
    return oursWith(path);
  } catch ({ message }) {
    return refuse(message);
  }
});
/** Those that are measured: ours with this Node, then with others, then the peers. */
const contenders = [
  ...[OURS, ...others].flatMap((set) => Object.entries(set)),
  ...Object.entries(PEERS),
].flatMap(([key, contender]) => (chosen.includes(key) ? [contender] : []));

const names = contenders.map(({ name }) => name);
const twice = names.find((name, i) => names.indexOf(name) < i);
if (twice) refuse(`--node names two of one version: ${twice}`);

const needed = {
  [COMMAND]: 'npm run build',
  ...(contenders.some(({ installed }) => installed) && {
    [`${ROOT}tests/benchmarks/node_modules`]:
      'ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm ci --prefix tests/benchmarks',
  }),
};
const missing = Object.keys(needed).filter((path) => !existsSync(path));
if (missing.length > 0) {
  console.error(`Run this first:\n${missing.map((path) => `  ${needed[path]}`).join('\n')}`);
  process.exit(1);
}

// Imported after the check that its dependencies exist.
const { QUICK, THOROUGH } = await import('./harness/compare.mjs');
const { measureTask } = await import('./harness/group.mjs');
const { heldAfter, peakOf } = await import('./harness/growth.mjs');
const { overheads } = await import('./harness/overhead.mjs');
const { startup } = await import('./harness/startup.mjs');
const { start } = await import('./harness/worker.mjs');
const { page, writePage } = await import('./report/page.mjs');
const { GROUPS, GROWTH, WATCHED } = await import('./workloads.mjs');

const SECTIONS = [...GROUPS.map(({ name }) => name), 'growth', 'memory', 'overhead', 'start', 'norms'];
const wanted = flags.only ?? SECTIONS;
const unknown = strangers('--only', flags.only, SECTIONS);
if (unknown) refuse(unknown);
const setting = flags.quick ? QUICK : THOROUGH;
const left = [];
const say = (line) => console.error(line);
const tell = (line) => {
  if (!left.includes(line)) left.push(line);
  say(line);
};

if (flags.render) await writePage(JSON.parse(readFileSync(NUMBERS, 'utf8')), PAGE);
else {
  const run = await measure();
  mkdirSync(`${ROOT}runs`, { recursive: true });
  writeFileSync(NUMBERS, JSON.stringify(run, undefined, 1));
  const whole = !flags.quick && !flags.only && !flags.with;
  if (whole || flags.page) await writePage(run, PAGE);
  else console.log(page(run));
}

async function measure() {
  const workers = [];
  for (const contender of contenders) {
    const worker = await start(contender, tell);
    if (worker) workers.push(worker);
  }
  const versions = workers
    .filter(({ versions }) => Object.keys(versions).length > 0)
    .map(
      ({ name, versions }) =>
        `${name}: ${Object.entries(versions)
          .map((pair) => pair.join(' '))
          .join(', ')}`,
    );
  const groups = [];
  for (const { name, tasks } of GROUPS.filter(({ name }) => wanted.includes(name))) {
    const measured = [];
    for (const task of tasks) {
      say(`${name} ${task.title}`);
      measured.push(await measureTask(task, workers, setting, tell));
    }
    groups.push({ name, tasks: measured });
  }
  const growth = wanted.includes('growth') ? await grown(workers) : undefined;
  for (const { stop } of workers) stop();
  const steps = flags.quick ? [100, 1000] : [100, 1000, 10_000];
  return {
    quick: flags.quick,
    machine: machine(),
    versions,
    order: contenders.map(({ name }) => name),
    left,
    groups,
    growth,
    held: wanted.includes('memory') ? await watched(steps) : undefined,
    overhead: wanted.includes('overhead')
      ? overheads([OURS, ...others].flatMap(Object.values), { quick: flags.quick }, tell)
      : undefined,
    start: wanted.includes('start') ? await startup(setting) : undefined,
    ranking: wanted.includes('norms') ? ranked() : undefined,
  };
}

/** The growth of time for all contenders that are fast enough, and the growth of memory for ours and PyTorch. */
async function grown(workers) {
  const timed = [OURS.js, OURS.wasm, PEERS.memcpy, PEERS.torch].map(({ name }) => name);
  const some = workers.filter(({ name }) => timed.includes(name));
  const weighed = [OURS.wasm, PEERS.torch].filter(({ name }) => some.some((worker) => worker.name === name));
  const series = {};
  for (const [along, tasks] of Object.entries(GROWTH)) {
    series[along] = [];
    for (const task of tasks) {
      say(`growth ${task.title}`);
      const peaks = {};
      for (const contender of weighed) peaks[contender.name] = await peakOf(contender, task, tell);
      series[along].push({ ...(await measureTask(task, some, setting, tell)), peaks });
    }
  }
  return series;
}

/** The memory of each model after some numbers of steps. */
async function watched(steps) {
  const held = [];
  for (const task of WATCHED) {
    say(`memory ${task.title}`);
    const counts = await heldAfter(OURS.wasm, task, steps, tell);
    if (counts) held.push({ title: task.title, counts });
  }
  return held;
}

function ranked() {
  say('norms');
  const rounds = flags.quick ? ['--rounds', '5'] : [];
  const args = [COMMAND, 'bench', '--widths', '64,256,768,1024', '--kernels', 'wasm', ...rounds, '--json'];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1e8 }));
}

function machine() {
  const [{ model }] = cpus();
  return `${cpus().length} × ${model.trim()}, ${process.platform} ${release()}, Node ${process.version}`;
}
