/** Initializers by name, so that a layer's description is plain JSON. */
import * as initializers from "./initializers.js";
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

/** An initializer's name, or its name with options: `{ name: "normal", deviation: 0.02 }`. */
export type InitializerConfig = InitializerName | ({ readonly name: InitializerName } & Options);

/**
 * The initializer that a description names. `what` begins the message of errors: TypeError for an unknown name or
 * option, RangeError for an option that is not a finite number.
 */
export function initializerFrom(config: InitializerConfig, what: string): initializers.Initializer {
  const { name, ...options } = typeof config === "object" && config !== null ? config : { name: config };
  if (typeof name !== "string" || !Object.hasOwn(recipes, name)) {
    throw new TypeError(
      `${what}: an initializer is one of ${Object.keys(recipes).join(", ")}, or { name, ...options }; found ${JSON.stringify(config) ?? typeof config}`,
    );
  }
  const recipe: Recipe = recipes[name];
  checkOptions(`${what}: initializer ${name}`, options, Object.keys(recipe.defaults));
  for (const [option, value] of Object.entries(options)) checkNumber(`${what}: initializer ${name}`, option, value, {});
  return recipe.make({ ...recipe.defaults, ...(options as Record<string, number>) });
}
