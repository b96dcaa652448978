/** The most characters of one name. */
const LONGEST = 60;

/** Names separated by commas, for errors and notes: the first `most`, and the number of the others. */
export function listing(names: ArrayLike<string>, most = 5): string {
  const shown = Array.from({ length: Math.min(names.length, most) }, (_, i) => names[i]!).map((name) =>
    name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name,
  );
  const left = names.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}
