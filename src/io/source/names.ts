/** A path of a model as a part of a name of C and Python. */
export const identifier = (path: string): string => {
  const plain = path
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/\W+/g, '_')
    .toLowerCase();
  return /^[a-z]/.test(plain) ? plain : `x_${plain}`;
};

/** A path in a comment, which no text of a user may end. */
export const comment = (path: string): string => path.replace(/[^\w.,:[\]() -]/g, '_');

/** Names of which each is given once. */
export class Names {
  readonly #taken: Set<string>;

  constructor(...taken: readonly Iterable<string>[]) {
    this.#taken = new Set(taken.flatMap((words) => [...words]));
  }

  /** The name, with a number if it is taken. */
  fresh(wanted: string): string {
    let name = wanted;
    for (let count = 2; this.#taken.has(name); count++) name = `${wanted}_${count}`;
    this.#taken.add(name);
    return name;
  }
}
