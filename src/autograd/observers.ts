/** Sees every op as it is made, taped or not, and the gradients that every entry pulls back, with those of its inputs that are needed. */
export interface Observer<E, G> {
  recorded(entry: E): void;
  pulled(entry: E, gradients: G, needed: readonly boolean[]): void;
}

/** Those under whose eyes something runs: mostly nobody. */
export class Observers<E, G> {
  #all: readonly Observer<E, G>[] = [];

  get any(): boolean {
    return this.#all.length > 0;
  }

  /** Runs f under the eyes of another one. */
  with<Y>(observer: Observer<E, G>, f: () => Y): Y {
    const outer = this.#all;
    this.#all = [...outer, observer];
    try {
      return f();
    } finally {
      this.#all = outer;
    }
  }

  recorded(entry: E): void {
    for (const observer of this.#all) observer.recorded(entry);
  }

  pulled(entry: E, gradients: G, needed: readonly boolean[]): void {
    for (const observer of this.#all) observer.pulled(entry, gradients, needed);
  }
}
