/** The data of a chart: lines over one axis. */
export interface Figure {
  readonly title: string;
  /** The x values, in rising order. */
  readonly x: readonly number[];
  /** The meaning of x, such as 'epoch'. */
  readonly axis: string;
  readonly lines: readonly Line[];
  /** The format of values as text. */
  readonly format: 'plain' | 'percent';
  /** Whether the y axis is logarithmic. */
  readonly log?: boolean;
  /** Whether the y axis leaves out the first fifth of the lines, so that their ends can be told apart. */
  readonly zoomed?: boolean;
  /** Whether a value holds until the next x, as in a histogram. */
  readonly stepped?: boolean;
}

export interface Line {
  /** The name in the legend. */
  readonly name: string;
  /** One value per x; null for a gap. */
  readonly values: readonly (number | null)[];
}

/** The input of the script of the page: lines of one name look alike in all figures. */
export interface Drawings {
  /** The names of all lines, in the order of the legend. */
  readonly names: readonly string[];
  /** The line that the others are compared with, which is grey and dashed. */
  readonly baseline?: string | undefined;
  readonly figures: readonly (Figure & { readonly section: string })[];
}
