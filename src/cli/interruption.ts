import { constants } from 'node:os';

/** The signals on which a command saves its finished results and ends. */
export const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export type Signal = (typeof SIGNALS)[number];

/** The exit code of a process that a signal ended: 128 plus the number of the signal. */
export const codeOf = (signal: Signal): number => 128 + constants.signals[signal];

/** The exit code of an interrupted command. The abort reason names the signal; without one it is Ctrl-C. */
export const exitCodeOf = ({ reason }: AbortSignal): number =>
  codeOf(SIGNALS.find((signal) => signal === reason) ?? 'SIGINT');
