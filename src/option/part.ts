import type { InSnakeCase } from './case.js';
import type { Family, Given, Part, PartOption, Values } from './option.js';

/** How a part of this family may be stated: by its type, or by that and options in either spelling. */
export type PartOf<F extends Family> =
  | (keyof F & string)
  | {
      [T in keyof F & string]: {
        /** Which member of the family; its own options are further properties. */
        readonly type: T;
      } & Given<F[T]['options']> &
        InSnakeCase<Given<F[T]['options']>>;
    }[keyof F & string];

/** An option whose value is a part of the family. */
export const part = <F extends Family>(
  family: F,
  fallback: NoInfer<PartOf<F>>,
  about: string,
): PartOption<PartOf<F>> => ({ kind: 'part', default: fallback, about, family });

/** The options of a definition of a part, all filled in. */
export type PartOptions<P extends Part> = Values<P['options']>;
