/** JSON of a value in which undefined fields are null. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (item === undefined ? null : item), 2);
