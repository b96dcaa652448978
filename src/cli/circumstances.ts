import { version } from './version.js';

/** When, and with what, something was found out. */
export interface Circumstances {
  /** In ISO 8601. */
  readonly created: string;
  readonly versions: Readonly<Record<string, string>>;
  /** Whether Ctrl-C ended it before its time. */
  readonly interrupted: boolean;
}

/** Those of now. */
export const circumstances = (interrupted: boolean): Circumstances => ({
  created: new Date().toISOString(),
  versions: {
    normtape: version,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  },
  interrupted,
});

/** The moment, as the name of a folder tells it. */
export const moment = (): string => new Date().toISOString().slice(0, 19).replaceAll(':', '-');
