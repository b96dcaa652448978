/** Scalar functions that JavaScript lacks, accurate to a few units in the last place of float64. */

/** 1 / (1 + e^−x), without overflow on either side. */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + Math.exp(-x));
  const power = Math.exp(x);
  return power / (1 + power);
}

/** ln(1 + e^x), without overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/**
 * The Chebyshev coefficients of P in erfc(x) = t · exp(−x² + P(2t − 1)) for x ≥ 0, where t = 2 / (2 + x).
 * They were computed from 60-digit values of erfc at 64 nodes; those left off are below 1e-19.
 */
const ERFC = [
  -1.3026537197817094, 0.6419697923564902, 0.019476473204185836, -0.009561514786808632,
  -0.0009465953444820369, 0.00036683949785276145, 4.252332480690777e-5, -2.0278578112534242e-5,
  -1.6242900046470256e-6, 1.3036558355805232e-6, 1.5626441722066142e-8, -8.523809591492654e-8,
  6.5290544390988515e-9, 5.059343495551469e-9, -9.91364156493033e-10, -2.273651222931836e-10,
  9.646791102015527e-11, 2.3940380830391146e-12, -6.886027526497553e-12, 8.944879273090725e-13,
  3.130921399342958e-13, -1.1270822361367252e-13, 3.810905255189232e-16, 7.106097613609237e-15,
  -1.5230282014571043e-15, -9.457494571291233e-17, 1.210237189224279e-16, -2.816663087747177e-17,
] as const;

/** The complement of the error function, 1 − erf x, accurate also for large x. */
export function erfc(x: number): number {
  if (x < 0) return 2 - erfc(-x);
  if (x < 0.5) return 1 - erf(x);
  if (x > 28) return 0; // Less than the smallest number.
  const t = 2 / (2 + x);
  const y = 4 * t - 2; // Clenshaw's recurrence takes 2 · (2t − 1).
  let b1 = 0;
  let b2 = 0;
  for (let i = ERFC.length - 1; i > 0; i--) {
    const b0 = y * b1 - b2 + ERFC[i]!;
    b2 = b1;
    b1 = b0;
  }
  // x² would be rounded; the square of a nearby sixteenth is exact, and the rest of x² is small.
  const near = Math.round(16 * x) / 16;
  const rest = (near - x) * (near + x);
  return t * Math.exp(-near * near) * Math.exp(rest + 0.5 * (ERFC[0] + y * b1) - b2);
}

/**
 * The Taylor coefficients of erf(x) / x in x², 2/√π · (−1)ⁿ / (n! (2n + 1)), computed in 40 digits. Below 1 those left off
 * add less than 1e-17.
 */
const ERF = [
  1.1283791670955126, -0.37612638903183754, 0.11283791670955126, -0.026866170645131252, 0.005223977625442188,
  -0.0008548327023450853, 0.00012055332981789664, -1.492565035840625e-5, 1.6462114365889248e-6,
  -1.6365844691234924e-7, 1.4807192815879218e-8, -1.2290555301717928e-9, 9.422759064650411e-11,
  -6.7113668551641105e-12, 4.4632242632864775e-13, -2.7835162072109215e-14, 1.6342614095367152e-15,
  -9.063970842808673e-17,
] as const;

/** The error function, 2/√π ∫₀ˣ exp(−t²) dt. */
export function erf(x: number): number {
  if (!(Math.abs(x) < 1)) return x < 0 ? erfc(-x) - 1 : 1 - erfc(x);
  const square = x * x;
  let rest = 0;
  for (let n = ERF.length - 1; n > 0; n--) rest = rest * square + ERF[n]!;
  // The first term is by far the largest, and is added last.
  return x * (ERF[0] + rest * square);
}

/** The density of the standard normal distribution. */
export const normalDensity = (x: number): number => Math.exp(-0.5 * x * x) / Math.sqrt(2 * Math.PI);

/** The cumulative distribution function of the standard normal distribution. */
export const normalShare = (x: number): number => 0.5 * erfc(-x * Math.SQRT1_2);
