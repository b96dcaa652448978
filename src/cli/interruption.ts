import { constants } from 'node:os';

/** The signals after which a command saves what has finished, and ends. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Signal = (typeof SIGNALS)[number];

/** The exit code of a process that a signal ended: 128 and the number of the signal. */
export const codeOf = (signal: Signal): number => 128 + constants.signals[signal];

/** The exit code of an interrupted command. The reason of the abortion names the signal; left out: Ctrl-C. */
export const exitCodeOf = ({ reason }: AbortSignal): number =>
  codeOf(SIGNALS.find((signal) => signal === reason) ?? 'SIGINT');
