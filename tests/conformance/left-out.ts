/**
 * The cases except those left out, each with its reason.
 * @throws if a left-out case no longer exists, so that the list stays up to date.
 */
export function leftOut<C extends { readonly id: string }>(
  cases: readonly C[],
  reasons: Readonly<Record<string, string>>,
): readonly C[] {
  const gone = Object.keys(reasons).filter((id) => !cases.some((one) => one.id === id));
  if (gone.length > 0) throw new Error(`left out, but not among the cases: ${gone.join(', ')}`);
  return cases.filter(({ id }) => !Object.hasOwn(reasons, id));
}
