import { NormtapeError, suggest } from '../error.js';
import { type Facts, factsOf } from '../norms/facts.js';
import type { Norm } from '../norms/norm.js';
import type { Disturbance } from '../norms/traits.js';
import { fittedTable } from './fitted-table.js';
import { knownWith } from './norms/known.js';
import { ownNorms, splitNames } from './norms/named.js';
import { type Terminal, linesOf } from './terminal.js';

/** The flags of `normtape choose`: each leaves out the norms that do not fit. */
export interface ChooseFlags {
  readonly place?: Facts['place'];
  readonly causal?: boolean;
  readonly batch?: number;
  readonly alike?: boolean;
  readonly stateless?: boolean;
  readonly guards?: string;
  /** Script files that export your own norms, separated by commas. */
  readonly norms?: string;
  readonly json?: boolean;
}

/** Prints the norms that fit, cheapest first, with the facts that decide between them. */
export async function choose(flags: ChooseFlags, terminal: Terminal): Promise<void> {
  const own = await ownNorms(splitNames(flags.norms ?? ''));
  const fitting = fits(Object.values(knownWith(own).norms), flags);
  if (fitting.length === 0) {
    throw new NormtapeError({
      where: 'normtape choose',
      expected: 'flags that at least one norm fits',
      received: flags,
      hint: 'Leave one of them out.',
    });
  }
  if (flags.json) terminal.print(linesOf(JSON.stringify(fitting, undefined, 2)));
  else terminal.print(linesOf(factTable(fitting, terminal.width)));
}

/** The facts of the norms that the flags leave, by cost. */
function fits(norms: readonly Norm[], flags: ChooseFlags): readonly Facts[] {
  const guards = disturbancesIn(flags.guards);
  return norms
    .flatMap((norm) => factsOf(norm) ?? [])
    .filter(
      (facts) =>
        (flags.place === undefined || facts.place === flags.place) &&
        (!flags.causal || facts.isCausal) &&
        (flags.batch === undefined || facts.leastBatch <= flags.batch) &&
        (!flags.alike || !facts.differsInTraining) &&
        (!flags.stateless || facts.state.length === 0) &&
        guards.every((guard) => facts.guards.includes(guard)),
    )
    .sort((a, b) => a.cost - b.cost);
}

const DISTURBANCES: readonly Disturbance[] = ['size', 'offset', 'gain', 'shift'];

function disturbancesIn(list: string | undefined): readonly Disturbance[] {
  return list === undefined
    ? []
    : splitNames(list).map((word) => {
        const known = DISTURBANCES.find((disturbance) => disturbance === word);
        if (known) return known;
        const expected = `disturbances among ${DISTURBANCES.join(', ')}, separated by commas`;
        const hint = suggest(word, DISTURBANCES);
        throw new NormtapeError({ where: '--guards', expected, received: word, hint });
      });
}

const factTable = (all: readonly Facts[], width: number): string =>
  [
    fittedTable(
      width,
      [
        'type',
        'removes',
        'depends on',
        'training and inference',
        'causal',
        'smallest batch',
        'operations',
        'statistics',
        'inputs',
      ],
      all.map((facts) => [
        facts.type,
        facts.guards.join(', ') || 'nothing',
        facts.couples,
        facts.differsInTraining ? 'differ' : 'same',
        facts.isCausal ? 'yes' : 'no',
        String(facts.leastBatch),
        String(facts.cost),
        facts.state.join(', '),
        ['x', ...facts.inputs].join(', '),
      ]),
    ),
    'removes: disturbances of the input that the next layer does not see. depends on: the elements that affect one output.',
    'operations: per element, in the forward pass. normtape info TYPE describes one norm.',
  ].join('\n');
