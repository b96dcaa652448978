import type { Entry, Pulled } from './tape.js';

/** Sees every op as it is made, taped or not, and the gradients that every entry pulls back. */
export interface Observer {
  recorded(entry: Entry): void;
  pulled(entry: Entry, gradients: Pulled): void;
}

let observers: readonly Observer[] = [];

/** Runs f under the eyes of an observer. */
export function observed<Y>(observer: Observer, f: () => Y): Y {
  const outer = observers;
  observers = [...outer, observer];
  try {
    return f();
  } finally {
    observers = outer;
  }
}

export const isObserved = (): boolean => observers.length > 0;

export function showRecorded(entry: Entry): void {
  for (const observer of observers) observer.recorded(entry);
}

export function showPulled(entry: Entry, gradients: Pulled): void {
  for (const observer of observers) observer.pulled(entry, gradients);
}
