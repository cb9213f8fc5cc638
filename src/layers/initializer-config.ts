/** Initializers by name, so that a layer's description is plain JSON. */
import * as initializers from "../initializers.js";
import type { KindConfig } from "../kinds/kind.js";
import type { OptionRule } from "../kinds/option.js";
import { userKind, userKindNames } from "../kinds/registry.js";
import { checkNumber, checkOptions } from "../options.js";

type Options = Readonly<Record<string, unknown>>;

interface Recipe {
  /** Options, with the values they have where not given. */
  readonly defaults: Readonly<Record<string, number>>;
  make(options: Readonly<Record<string, number>>): initializers.Initializer;
}

const fixed = (initializer: initializers.Initializer): Recipe => ({ defaults: {}, make: () => initializer });

const recipes = {
  zeros: fixed(initializers.zeros),
  ones: fixed(initializers.ones),
  filled: { defaults: { value: 0 }, make: ({ value }) => initializers.filled(value) },
  uniform: { defaults: { low: -0.05, high: 0.05 }, make: ({ low, high }) => initializers.uniform(low, high) },
  normal: {
    defaults: { deviation: 0.02, mean: 0 },
    make: ({ deviation, mean }) => initializers.normal(deviation, mean),
  },
  truncatedNormal: {
    defaults: { deviation: 0.02, mean: 0 },
    make: ({ deviation, mean }) => initializers.truncatedNormal(deviation, mean),
  },
  glorotUniform: fixed(initializers.glorotUniform),
  glorotNormal: fixed(initializers.glorotNormal),
  heUniform: fixed(initializers.heUniform),
  heNormal: fixed(initializers.heNormal),
  orthogonal: { defaults: { gain: 1 }, make: ({ gain }) => initializers.orthogonal(gain) },
} satisfies Record<string, Recipe>;

export type InitializerName = keyof typeof recipes;

/** Names of our initializers. */
export const initializerNames: readonly string[] = /* @__PURE__ */ Object.keys(recipes);

/** An initializer by its name, by its name with options, `{ name: "normal", deviation: 0.02 }`, or one of a user's own kind. */
export type InitializerConfig =
  | InitializerName
  | ({ readonly name: string } & Options)
  | (initializers.Initializer & { readonly config?: Omit<KindConfig, "kind"> });

/**
 * The initializer that a description names. `what` begins the message of errors: TypeError for an unknown name or
 * option, RangeError for an option that is not a finite number.
 */
export function initializerFrom(config: InitializerConfig, what: string): initializers.Initializer {
  if (typeof config === "function" && config.config) return config;
  const { name, ...options } = typeof config === "object" && config !== null ? config : { name: config };
  const own = typeof name === "string" && !Object.hasOwn(recipes, name) && userKind("initializer", name);
  if (own) return own(options) as initializers.Initializer;
  if (typeof name !== "string" || !Object.hasOwn(recipes, name)) {
    const names = [...initializerNames, ...userKindNames("initializer")];
    throw new TypeError(
      `${what}: an initializer is one of ${names.join(", ")}, or { name, ...options }; found ${JSON.stringify(config) ?? typeof config}`,
    );
  }
  const recipe: Recipe = recipes[name as InitializerName];
  checkOptions(`${what}: initializer ${name}`, options, Object.keys(recipe.defaults));
  for (const [option, value] of Object.entries(options)) checkNumber(`${what}: initializer ${name}`, option, value, {});
  return recipe.make({ ...recipe.defaults, ...(options as Record<string, number>) });
}

/** The rule of an option that is an initializer. */
export const initializerRule = (usual: InitializerConfig): OptionRule => ({
  default: usual,
  part: "initializer",
  read: initializerFrom,
});

/** Rules of what layers with weights have in common. */
export const weightRules = /* @__PURE__ */ (() => ({
  bias: { default: true },
  initializer: initializerRule("glorotUniform"),
  biasInitializer: initializerRule("zeros"),
}))();

/** The same as layers get them. */
export interface Weights {
  readonly bias: boolean;
  readonly initializer: initializers.Initializer;
  readonly biasInitializer: initializers.Initializer;
}
