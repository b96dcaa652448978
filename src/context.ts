/**
 * The execution context: all values that hold only while some function runs, such as the region that owns new arrays and
 * the open tapes. Each module declares its own variables; only `run` below sets and restores them.
 */
const variables: ContextVariable<unknown>[] = [];

/** One value of the execution context. */
export class ContextVariable<T> {
  #value: T;

  constructor(
    readonly name: string,
    initial: T,
  ) {
    this.#value = initial;
    variables.push(this);
  }

  /** The value for the code that runs now. */
  get value(): T {
    return this.#value;
  }

  /** Runs f with another value. The value before is restored when f returns or throws. */
  run<Y>(value: T, f: () => Y): Y {
    const outer = this.#value;
    this.#value = value;
    try {
      return f();
    } finally {
      this.#value = outer;
    }
  }
}

/** The whole execution context by name: no call may leave it changed. */
export const executionContext = (): ReadonlyMap<string, unknown> =>
  new Map(variables.map(({ name, value }) => [name, value]));
