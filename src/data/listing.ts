/** How long one name may be in a list. */
const LONGEST = 60;

/** Names with commas between them, as errors and notes list them: the first `most`, and how many more there are. */
export function listing(names: ArrayLike<string>, most = 5): string {
  const shown = Array.from({ length: Math.min(names.length, most) }, (_, i) => names[i]!).map((name) =>
    name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name,
  );
  const left = names.length - shown.length;
  return left > 0 ? `${shown.join(', ')} and ${left} more` : shown.join(', ');
}
