// Compares Normtape with other libraries, interleaved, and writes docs/benchmarks.md:
// npm run build && ONNXRUNTIME_NODE_INSTALL_CUDA=skip npm ci --prefix tests/benchmarks && npm run bench
// --quick takes few short samples; --only layer_norm,mlp measures only these groups, and --with wasm,torch only these
// contenders. None writes the page without --page; the tables are printed, and all numbers are saved to
// runs/benchmarks.json. --render writes the page from there.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { CONTENDERS, OURS, PEERS } from './contenders.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const [PAGE, NUMBERS] = [`${ROOT}docs/benchmarks.md`, `${ROOT}runs/benchmarks.json`];
const COMMAND = `${ROOT}dist/cli/main.js`;

const options = {
  quick: { type: 'boolean', default: false },
  only: { type: 'string' },
  with: { type: 'string' },
  page: { type: 'boolean', default: false },
  render: { type: 'boolean', default: false },
};
const { values: flags } = parseArgs({ options });

const chosen = flags.with?.split(',') ?? Object.keys(CONTENDERS);
const strangers = chosen.filter((name) => !(name in CONTENDERS));
if (strangers.length > 0) {
  console.error(`--with takes ${Object.keys(CONTENDERS).join(', ')}; not ${strangers.join(', ')}`);
  process.exit(2);
}
const needed = {
  [COMMAND]: 'npm run build',
  ...(chosen.some((name) => CONTENDERS[name].installed) && {
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
const wanted = flags.only?.split(',') ?? SECTIONS;
const unknown = wanted.filter((name) => !SECTIONS.includes(name));
if (unknown.length > 0) {
  console.error(`--only takes ${SECTIONS.join(', ')}; not ${unknown.join(', ')}`);
  process.exit(2);
}
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
  for (const contender of chosen.map((name) => CONTENDERS[name])) {
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
    order: Object.values(CONTENDERS).map(({ name }) => name),
    left,
    groups,
    growth,
    held: wanted.includes('memory') ? await watched(steps) : undefined,
    overhead: wanted.includes('overhead')
      ? overheads(Object.values(OURS), { quick: flags.quick }, tell)
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
    if (counts) held.push({ kind: task.kind, title: task.title, counts });
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
