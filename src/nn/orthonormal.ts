/**
 * A random matrix, row by row, whose columns are orthonormal, or its rows if there are fewer rows. It is the
 * Q of normal numbers under QR with a positive diagonal, hence uniform over all such matrices (Stewart 1980).
 */
export function orthonormal(rows: number, columns: number, normal: () => number): Float64Array {
  const [length, count] = [Math.max(rows, columns), Math.min(rows, columns)];
  const basis: Float64Array[] = [];
  for (let i = 0; i < count; i++) {
    const vector = Float64Array.from({ length }, normal);
    // Gram and Schmidt, twice: the second pass removes the rounding errors of the first.
    for (let pass = 0; pass < 2; pass++) {
      for (const other of basis) {
        const share = inner(vector, other);
        for (let j = 0; j < length; j++) vector[j]! -= share * other[j]!;
      }
    }
    const norm = Math.sqrt(inner(vector, vector));
    basis.push(vector.map((x) => x / norm));
  }
  const at = (row: number, column: number): number =>
    rows < columns ? basis[row]![column]! : basis[column]![row]!;
  return Float64Array.from({ length: rows * columns }, (_, i) => at(Math.floor(i / columns), i % columns));
}

function inner(a: Float64Array, b: Float64Array): number {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * b[i]!;
  return total;
}
