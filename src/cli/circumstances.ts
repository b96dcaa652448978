import { version } from './version.js';

/** When, and with which versions, a result was computed. */
export interface Circumstances {
  /** The time in ISO 8601. */
  readonly created: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether a signal such as Ctrl-C ended the run early. */
  readonly interrupted: boolean;
}

/** The circumstances of this process, now. */
export const circumstances = (interrupted: boolean): Circumstances => ({
  created: new Date().toISOString(),
  versions: {
    normtape: version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  },
  interrupted,
});

/** The current time as part of a folder name: '2026-01-31T12-00-00'. */
export const timestamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');
