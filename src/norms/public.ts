import { guarded } from '../guarded.js';
import * as ownFormulas from './formula.js';
import * as ownLaws from './laws/index.js';
import * as ownOption from './option.js';
import * as ownParts from './parts/index.js';

/** Parts of formulas that several norms share, over any algebra. */
export const formulas: typeof ownFormulas = guarded('formulas', ownFormulas);

/** Laws that your own norm can list among its invariants. */
export const laws: typeof ownLaws = guarded('laws', ownLaws);

/** How options are declared, as data. */
export const option: typeof ownOption = guarded('option', ownOption);

/** Functions with a hand-derived pullback (backward pass) that several norms share. */
export const parts: typeof ownParts = guarded('parts', ownParts);

/** The types of these functions. */
export declare namespace laws {
  export type Core<O> = ownLaws.Core<O>;
  export type Invariant<O> = ownLaws.Invariant<O>;
  export type Linearized = ownLaws.Linearized;
  export type Pulled = ownLaws.Pulled;
  export type Setting<O> = ownLaws.Setting<O>;
  export type Trial<O> = ownLaws.Trial<O>;
  export type TrialCase = ownLaws.TrialCase;
}

/** The types of these functions. */
export declare namespace option {
  export type SnakeCase<S extends string> = ownOption.SnakeCase<S>;
  export type Option = ownOption.Option;
  export type NumberOption<A extends string = never> = ownOption.NumberOption<A>;
  export type NumbersOption = ownOption.NumbersOption;
  export type NumberOrWordOption<W extends string = string> = ownOption.NumberOrWordOption<W>;
  export type NumberOrNullOption = ownOption.NumberOrNullOption;
  export type Limits = ownOption.Limits;
  export type SeedOption = ownOption.SeedOption;
  export type FlagOption = ownOption.FlagOption;
  export type ChoiceOption<C extends string = string> = ownOption.ChoiceOption<C>;
  export type AxisOption = ownOption.AxisOption;
  export type AxesOption = ownOption.AxesOption;
  export type TextOption = ownOption.TextOption;
  export type PartOption<V extends ownOption.PartValue = ownOption.PartValue> = ownOption.PartOption<V>;
  export type Options = ownOption.Options;
  export type Values<D extends ownOption.Options> = ownOption.Values<D>;
  export type Given<D extends ownOption.Options> = ownOption.Given<D>;
  export type Part<D extends ownOption.Options = ownOption.Options> = ownOption.Part<D>;
  export type Family = ownOption.Family;
  export type PartValue = ownOption.PartValue;
  export type StatedDefinition = ownOption.StatedDefinition;
  export type DefinitionReader = ownOption.DefinitionReader;
  export type PartOf<F extends ownOption.Family> = ownOption.PartOf<F>;
  export type PartOptions<P extends ownOption.Part> = ownOption.PartOptions<P>;
}

/** The types of these functions. */
export declare namespace parts {
  export type Length = ownParts.Length;
  export type Unit = ownParts.Unit;
}
