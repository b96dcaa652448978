/** Red, green and blue, from 0 to 1. */
export type Rgb = readonly [number, number, number];

export const rgbOf = (hex: string): Rgb =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255) as unknown as Rgb;

/** Linear light of a color in sRGB (IEC 61966-2-1). */
const linear = (rgb: Rgb): Rgb =>
  rgb.map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)) as unknown as Rgb;

const product = (matrix: readonly Rgb[], v: Rgb): Rgb =>
  matrix.map((row) => row[0] * v[0] + row[1] * v[1] + row[2] * v[2]) as unknown as Rgb;

/**
 * Linear light as seen without one kind of cone: Machado, Oliveira and Fernandes (2009), A physiologically-based model
 * for simulation of color vision deficiency, table 1 at severity 1.
 */
export const VISIONS: Readonly<Record<string, readonly Rgb[]>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const XYZ: readonly Rgb[] = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
];

const WHITE: Rgb = [0.95047, 1, 1.08883];

/** CIE L*a*b* of a color, as seen with this vision. */
function lab(rgb: Rgb, vision: readonly Rgb[]): Rgb {
  const seen = product(vision, linear(rgb)).map((c) => Math.min(1, Math.max(0, c))) as unknown as Rgb;
  const [x, y, z] = product(XYZ, seen).map((value, i) => {
    const t = value / WHITE[i]!;
    return t > (6 / 29) ** 3 ? Math.cbrt(t) : t / (3 * (6 / 29) ** 2) + 4 / 29;
  }) as unknown as Rgb;
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** ΔE of 1976 between two colors, as seen with this vision; a difference of about 2 is just visible side by side. */
export const difference = (a: Rgb, b: Rgb, vision: readonly Rgb[]): number => {
  const [p, q] = [lab(a, vision), lab(b, vision)];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]);
};

/** Relative luminance by WCAG 2. */
const luminance = (rgb: Rgb): number => {
  const [r, g, b] = linear(rgb);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};

/** The contrast ratio of WCAG 2, from 1 to 21. */
export const contrast = (a: Rgb, b: Rgb): number => {
  const [dark, bright] = [luminance(a), luminance(b)].sort((p, q) => p - q) as [number, number];
  return (bright + 0.05) / (dark + 0.05);
};
