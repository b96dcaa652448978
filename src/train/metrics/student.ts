/** The t with P(|T| ≤ t) = level, for Student's distribution with a whole number of degrees of freedom. */
export function studentQuantile(level: number, freedom: number): number {
  let [low, high] = [0, Math.PI / 2];
  // Halved as often as there are bits, the angle is as exact as numbers are.
  for (let bit = 0; bit < 60; bit++) {
    const angle = (low + high) / 2;
    if (studentWithin(angle, freedom) < level) low = angle;
    else high = angle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

/** P(|T| ≤ t), for Student's distribution with a whole number of degrees of freedom. */
export const studentProbability = (t: number, freedom: number): number =>
  studentWithin(Math.atan(t / Math.sqrt(freedom)), freedom);

/**
 * P(|T| ≤ √ν tan θ): a finite sum for whole ν (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4), whose terms grow by
 * cos²θ times 1/2, 3/4, … for even ν, and by cos²θ times 2/3, 4/5, … for odd.
 */
function studentWithin(angle: number, freedom: number): number {
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2;
  let term = odd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let k = 2 + odd; k < freedom; k += 2) {
    term *= (cosine * cosine * (k - 1)) / k;
    sum += term;
  }
  return odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
}
