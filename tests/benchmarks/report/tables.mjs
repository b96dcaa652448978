// The sections of the page, each from one part of a run.
import { GATES, LIMITS, beyondLimits, judged } from './gates.mjs';
import { digits, duration, megabytes, percent, ratio, table } from './words.mjs';

/** All ratios are to this one. */
const BASE = 'Normtape wasm';

const MEASURES = {
  matmul: { name: 'GFLOP/s', of: ({ operations }, nanoseconds) => operations / nanoseconds },
  tape: { name: 'an op', of: ({ operations }, nanoseconds) => nanoseconds / operations, word: duration },
  tokens: {
    name: 'tokens per second',
    of: ({ operations }, nanoseconds) => (1e9 * operations) / nanoseconds,
  },
};

/** A table of contenders by tasks: the time relative to ours, and ours in full. */
export function groupTables({ name, tasks }, order) {
  const passes = [...new Set(tasks.map(({ pass }) => pass))];
  return passes
    .map((pass) => passTable({ name, tasks: tasks.filter((task) => task.pass === pass) }, order))
    .join('\n\n');
}

function passTable({ name, tasks }, order) {
  const there = order.filter((contender) => tasks.some(({ times }) => times[contender]));
  const cell = ({ times }, contender) => {
    const [own, base] = [times[contender], times[BASE]];
    if (!own) return '';
    const spread = own.spread > 0.15 ? ` ± ${percent(own.spread / 2)}` : '';
    return contender === BASE || !base
      ? `${duration(own.median)}${spread}`
      : `${ratio(own.median / base.median)}${spread}`;
  };
  const rows = there.map((contender) => [contender, ...tasks.map((task) => cell(task, contender))]);
  const measure = MEASURES[name];
  const extra = measure
    ? there.map((contender) => [
        `${contender}, ${measure.name}`,
        ...tasks.map((task) => {
          const own = task.times[contender];
          if (!own) return '';
          return (measure.word ?? digits)(measure.of(task, own.median));
        }),
      ])
    : [];
  return table([name, ...tasks.map(({ title }) => title)], [...rows, ...extra]);
}

/** The overhead with each set of kernels, with half the distance between the quartiles. */
export function overheadTable(overhead) {
  const measured = ({ median, spread }, word) => `${word(median)} ± ${percent(spread / 2)}`;
  const row = (title, of) => [title, ...overhead.map(of)];
  const loops = overhead[0]?.loops ?? [];
  return table(
    ['', ...overhead.map(({ name }) => name)],
    [
      ...loops.map(({ title }, i) =>
        row(`${title} outside a scope`, ({ loops }) => measured(loops[i].ratio, ratio)),
      ),
      row('bytes left in the arena', ({ loops }) =>
        megabytes(loops.reduce((most, { bytes }) => Math.max(most, bytes), 0)),
      ),
      row('an op of a step', ({ step }) => measured(step.ratio, ratio)),
      row('the time of that op', ({ step }) => duration(step.op.median)),
      row('tokens per second', ({ tokens }) => measured(tokens, digits)),
    ],
  );
}

/** The gates of the overhead, each by the set of kernels that is farthest from it. */
function overheadRows(overhead) {
  const worst = (of) => overhead.reduce((most, each) => Math.max(most, of(each)), 0);
  const loop = worst(({ loops }) => loops.reduce((most, each) => Math.max(most, each.ratio.median), 0));
  const op = worst(({ kernels, step }) => (kernels === 'js' ? 0 : step.ratio.median));
  const row = (text, value, limit) => [text, ratio(value), value <= limit ? 'met' : 'not met'];
  return [
    row(
      `loops outside a scope: ≤ ${LIMITS.unscoped} times the time of the same in a scope`,
      loop,
      LIMITS.unscoped,
    ),
    row(`a small op, compiled: ≤ ${LIMITS.op} times an empty call with its array`, op, LIMITS.op),
  ];
}

export function gateTable({ groups, ranking, start, held, overhead }) {
  const mark = (met) => (met ? 'met' : 'not met');
  const rows = GATES.map((gate) => {
    const { kind, of, beside, most, least } = gate;
    const { ratios, measured, met } = judged(gate, groups);
    const bound = most === undefined ? `≥ ${least} times as fast as` : `≤ ${most} × the time of`;
    const found = ratios.map(({ title, ratio: value }) => `${ratio(value)} (${title.split(',')[0]})`);
    return [
      `${kind}${gate.titles[0].includes('backward') ? ', forward + backward' : ''}: ${of} ${bound} ${beside}`,
      found.join(', '),
      measured === 0 ? 'not measured' : mark(met),
    ];
  });
  const tape = groups.find(({ name }) => name === 'tape')?.tasks[0];
  const own = tape?.times[BASE];
  if (own) {
    const each = own.median / tape.operations;
    rows.push([`tape: an op at 16×16 in ≤ ${LIMITS.tape} ns`, duration(each), mark(each <= LIMITS.tape)]);
  }
  if (overhead?.length) rows.push(...overheadRows(overhead));
  const norms = ranking && beyondLimits(ranking, 768);
  if (norms) {
    const named = norms.named.map(({ type, times, limit }) => `${ratio(times)} of ${limit} (${type})`);
    rows.push([
      'every norm: at most its limit times the time of layer_norm, forward + backward, 512×768',
      named.join(', '),
      mark(norms.met),
    ]);
  }
  if (start) {
    const size = Math.max(...start.gzip);
    rows.push(
      [
        `start: import and first forward in ≤ ${LIMITS.start} ms`,
        `${digits(start.milliseconds)} ms`,
        mark(start.milliseconds <= LIMITS.start),
      ],
      [
        `start: WebAssembly ≤ ${LIMITS.gzip / 1e3} kB after gzip`,
        `${(size / 1e3).toFixed(1)} kB`,
        mark(size <= LIMITS.gzip),
      ],
    );
  }
  for (const { title, counts } of held ?? []) {
    const [early, late] = [counts[0], counts.at(-1)];
    rows.push([
      `memory, ${title.split(',')[0]}: no more bytes after ${late.steps.toLocaleString('en')} steps than after ${early.steps}`,
      `${late.bytes.toLocaleString('en')}, ${early.bytes.toLocaleString('en')}`,
      mark(late.bytes <= early.bytes),
    ]);
  }
  return table(['target', 'measured', 'result'], rows);
}

export function growthTable(series, along, order) {
  const there = order.filter((name) => series.some(({ times }) => times[name]));
  const perElement = ({ times, elements }, name) =>
    times[name] ? duration(times[name].median / elements) : '';
  const peaked = there.filter((name) => series.some(({ peaks }) => peaks?.[name] !== undefined));
  const bytes = ({ peaks, elements }, name) =>
    peaks?.[name] === undefined ? '' : `${megabytes(peaks[name])} (${digits(peaks[name] / elements)})`;
  const rows = series.map((entry) => [
    entry.title.split(',')[0],
    ...there.map((name) => perElement(entry, name)),
    ...peaked.map((name) => bytes(entry, name)),
  ]);
  return table([along, ...there, ...peaked.map((name) => `peak of ${name} (bytes per element)`)], rows);
}

export function heldTable(held) {
  return table(
    ['step', 'steps', 'bytes of arrays', 'arrays', 'JavaScript heap', 'the process'],
    held.flatMap(({ title, counts }) =>
      counts.map(({ steps, rss, heapUsed, bytes, arrays }, i) => [
        i === 0 ? title : '',
        steps.toLocaleString('en'),
        bytes.toLocaleString('en'),
        arrays,
        megabytes(heapUsed),
        megabytes(rss),
      ]),
    ),
  );
}
