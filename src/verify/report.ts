import {
  type Dtype,
  type JsonNumber,
  type NdArray,
  toJsonNumber,
  toJsonNumbers,
  toNested,
} from '../array/index.js';
import { demand, isTexts } from '../demand.js';

/** A number as JSON can hold it. */
export type Plain = JsonNumber;

export const plain: (value: number) => Plain = toJsonNumber;

/** An array as JSON can hold it. */
export const nested = (a: NdArray): unknown => toJsonNumbers(toNested(a));

/** The smallest case in which a claim was found broken, and what brings it back. */
export interface Counterexample {
  /** Give these to the same call to see the case again. */
  readonly seed: number;
  readonly path: string;
  readonly dtype: Dtype;
  /** How often it was made smaller. */
  readonly shrinks: number;
  readonly deviation: Plain;
  readonly bound: Plain;
  /** The error in words, if it is known. */
  readonly detail: string | null;
  /** The input, options, weights and situation, as JSON can hold them. */
  readonly given: Readonly<Record<string, unknown>>;
}

/** The result of one claim. */
export interface ClaimReport {
  readonly name: string;
  readonly claim: string;
  /** Whether it follows from the formula of the norm: if both are broken, the formula is the reason. */
  readonly corollary?: true;
  /** Whether no trial broke it. */
  readonly held: boolean;
  /** In how many cases it was tried; it says nothing of the others. */
  readonly trials: number;
  /** The deviation that came nearest to its bound, or went furthest past it. */
  readonly deviation: Plain;
  readonly bound: Plain;
  readonly counterexample: Counterexample | null;
}

/** The results of a verification, as JSON-compatible data. */
export interface Verification {
  /** The type of the norm, or the class of the module. */
  readonly subject: string;
  /** Whether every claim held. */
  readonly ok: boolean;
  /** The seed that drew the cases. */
  readonly seed: number;
  /** The count of cases drawn for every sort of claim. */
  readonly runs: number;
  /** The dtypes that were tried. */
  readonly dtypes: readonly Dtype[];
  /** The result of every claim. */
  readonly claims: readonly ClaimReport[];
  /** How many parameters a module finds; 0 if they lie in `#private` fields or in objects of plain classes. */
  readonly parameters?: number;
}

/** The results of verifying a module. */
export interface ModuleVerification extends Verification {
  readonly parameters: number;
}

/** The claims, with the corollaries of the formula after all others. */
const reasonsFirst = (claims: readonly ClaimReport[]): readonly ClaimReport[] => [
  ...claims.filter(({ corollary }) => !corollary),
  ...claims.filter(({ corollary }) => corollary),
];

/** The broken claims, with the corollaries of the formula after all others. */
export const failures = ({ claims }: Verification): readonly ClaimReport[] =>
  reasonsFirst(claims).filter(({ held }) => !held);

/** The claim in words, marked if it is a corollary. */
const worded = ({ claim, corollary }: ClaimReport): string => (corollary ? `Corollary: ${claim}` : claim);

/** How near the claims with a tolerance came to it: the largest deviation over its bound; null where all are exact. */
export function nearest({ claims }: Pick<Verification, 'claims'>): number | null {
  const ratios = claims.flatMap(({ deviation, bound }) =>
    bound === 0 ? [] : [Number(deviation) / Number(bound)],
  );
  return ratios.length === 0 ? null : Math.max(...ratios);
}

/** Deviation over bound in words: 'exact' for what must hold bit for bit and does. */
export const share = ({ deviation, bound, trials }: ClaimReport): string =>
  trials === 0
    ? '–'
    : bound === 0
      ? deviation === 0
        ? 'exact'
        : 'broken'
      : percent(Number(deviation) / Number(bound));

const percent = (ratio: number): string =>
  Number.isFinite(ratio)
    ? ratio < 1e4
      ? `${Number((100 * ratio).toPrecision(2))} %`
      : `× ${ratio.toPrecision(2)}`
    : 'broken';

const verdict = ({ held, trials }: ClaimReport): string =>
  !held ? 'BROKEN' : trials === 0 ? 'not tried' : 'held';

const isReport = (report: unknown): report is Verification => {
  const { subject, claims, dtypes, runs, seed } = report as Verification;
  const isPlain = (value: unknown): boolean => typeof value === 'number' || typeof value === 'string';
  const isClaim = ({ name, claim, trials, deviation, bound, counterexample: found }: ClaimReport): boolean =>
    isTexts([name, claim]) &&
    typeof trials === 'number' &&
    [deviation, bound].every(isPlain) &&
    (found === null || typeof found.given === 'object');
  const areNumbers = [runs, seed].every(Number.isFinite);
  const areWords = isTexts([subject]) && isTexts(dtypes);
  return (
    areWords &&
    areNumbers &&
    Array.isArray(claims) &&
    Array.from(claims as unknown[]).every((one) => isClaim(one as ClaimReport))
  );
};
const REPORT = ['what verifyNormalization or verifyModule returned', isReport] as const;

/** The count of parameters of a module, in words. */
const found = ({ parameters }: Verification): string =>
  parameters === undefined ? '' : `; it finds ${parameters} ${parameters === 1 ? 'parameter' : 'parameters'}`;

/** The report for people, in lines of text. */
export function reportText(report: Verification): string {
  demand('reportText', ...REPORT, report);
  const { subject, ok, claims, runs, seed, dtypes } = report;
  const widest = Math.max(...claims.map(({ name }) => name.length));
  const broken = failures(report);
  return [
    `${subject}: ${ok ? `all ${claims.length} claims held` : `${broken.length} of ${claims.length} claims broken`} (${runs} runs in ${dtypes.join(' and ')}, seed ${seed}${found(report)})`,
    ...reasonsFirst(claims).map(
      (claim) =>
        `  ${verdict(claim).padEnd(9)}  ${claim.name.padEnd(widest)}  ${String(claim.trials).padStart(5)} trials  ${share(claim).padStart(8)}  ${worded(claim)}`,
    ),
    ...broken.flatMap((claim) => ['', ...failureText(subject, claim)]),
  ].join('\n');
}

/** The options that show a counterexample again. */
export interface Replay extends Pick<Counterexample, 'dtype' | 'seed' | 'path'> {
  readonly only: string;
}

/** As options of the call that found it. */
const asOptions = ({ only, dtype, seed, path }: Replay): string =>
  `again with { only: ['${only}'], dtype: '${dtype}', seed: ${seed}, path: '${path}' }`;

/** A broken claim with its counterexample, in lines of text; the last says how to see it again. */
export function failureText(
  subject: string,
  { name, claim, corollary, counterexample }: ClaimReport,
  again: (replay: Replay) => string = asOptions,
): readonly string[] {
  const broken = `${subject} breaks ${name}${corollary ? ', a corollary of its formula' : ''}: ${claim}`;
  if (!counterexample) return [broken];
  const { deviation, bound, detail, dtype, given, seed, path, shrinks } = counterexample;
  return [
    broken,
    `  off by ${deviation}, where rounding explains ${bound}${detail ? `. ${detail}` : ''}`,
    `  found in ${dtype}, made smaller ${shrinks} times:`,
    ...Object.entries(given).map(([key, value]) => `    ${key} = ${JSON.stringify(value)}`),
    `  ${again({ only: name, dtype, seed, path })}`,
  ];
}

/** The report as a page of Markdown. */
export function reportMarkdown(report: Verification): string {
  demand('reportMarkdown', ...REPORT, report);
  const { subject, ok, claims, runs, seed, dtypes } = report;
  const cell = (text: string) => text.replaceAll('|', '\\|');
  const broken = failures(report);
  return [
    `## ${subject}`,
    '',
    `${ok ? `All ${claims.length} claims held` : `${broken.length} of ${claims.length} claims were broken`}: ${runs} runs in ${dtypes.join(' and ')}, seed ${seed}${found(report)}.`,
    '',
    '| verdict | claim | trials | worst / bound | |',
    '| --- | --- | ---: | ---: | --- |',
    ...reasonsFirst(claims).map(
      (claim) =>
        `| ${verdict(claim)} | \`${claim.name}\` | ${claim.trials} | ${share(claim)} | ${cell(worded(claim))} |`,
    ),
    ...broken.flatMap((claim) => ['', '```text', ...failureText(subject, claim), '```']),
    '',
  ].join('\n');
}
