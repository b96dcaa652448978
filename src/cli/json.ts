/** JSON in which every field is there: what is unknown is null. */
export const toJson = (value: unknown): string =>
  JSON.stringify(value, (_, item: unknown) => (item === undefined ? null : item), 2);
