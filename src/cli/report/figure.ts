/** Lines that the page draws over one axis, as data. */
export interface Figure {
  readonly title: string;
  /** Where the values stand, in rising order. */
  readonly x: readonly number[];
  /** What x counts, such as 'epoch'. */
  readonly axis: string;
  readonly lines: readonly Line[];
  /** How values are put in words. */
  readonly format: 'plain' | 'percent';
  /** Whether the scale is logarithmic. */
  readonly log?: boolean;
  /** Whether the scale leaves out where lines come from in their first fifth, so that their ends can be told apart. */
  readonly zoomed?: boolean;
  /** Whether a value holds until the next, as in a histogram. */
  readonly stepped?: boolean;
}

export interface Line {
  /** What the legend calls it. */
  readonly name: string;
  /** By x; null where there is nothing to draw. */
  readonly values: readonly (number | null)[];
}

/** What the page's script is told: lines of one name look alike in all figures. */
export interface Drawings {
  /** Of all lines, in the order of the legend. */
  readonly names: readonly string[];
  /** The line that the others are compared with, which is grey and dashed. */
  readonly baseline?: string | undefined;
  readonly figures: readonly (Figure & { readonly section: string })[];
}
