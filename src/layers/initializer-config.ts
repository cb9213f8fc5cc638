/** Initializers by name, so that a layer's description is plain JSON. */
import * as initializers from "./initializers.js";
import { isKind } from "../kinds/kind.js";
import type { OptionRule } from "../kinds/option.js";
import { userKind, userKindNames } from "../kinds/registry.js";
import { checkOptions, textOf } from "../options.js";

/** Ours: values without options, and kinds with some. */
const known = {
  zeros: initializers.zeros,
  ones: initializers.ones,
  filled: initializers.filled,
  uniform: initializers.uniform,
  normal: initializers.normal,
  truncatedNormal: initializers.truncatedNormal,
  glorotUniform: initializers.glorotUniform,
  glorotNormal: initializers.glorotNormal,
  heUniform: initializers.heUniform,
  heNormal: initializers.heNormal,
  orthogonal: initializers.orthogonal,
};

/** Names of our initializers. */
export const initializerNames: readonly string[] = /* @__PURE__ */ Object.keys(known);

export type InitializerName = keyof typeof known;

/** What an initializer is, as JSON: its name, and its options where they are others than usual. */
export type InitializerConfig = { readonly name: string; readonly [option: string]: unknown };

/** An initializer itself, its name, or its description: `{ name: "normal", deviation: 0.02 }`. */
export type InitializerOption = initializers.Initializer | InitializerName | InitializerConfig;

/**
 * The initializer that a description names. `what` begins the message of errors: TypeError for an unknown name or
 * option, RangeError for an option that is not a finite number.
 */
export function initializerFrom(given: InitializerOption, what: string): initializers.Initializer {
  if (typeof given === "function" && given.config) return given;
  const { name, ...options } = (
    typeof given === "object" && given !== null ? given : { name: given }
  ) as InitializerConfig;
  const own = Object.hasOwn(known, name) ? known[name as InitializerName] : userKind("initializer", name);
  if (own === undefined) {
    const names = [...initializerNames, ...userKindNames("initializer")];
    throw new TypeError(
      `${what}: an initializer is one of ${names.join(", ")}, or { name, ...options }; found ${textOf(given)}`,
    );
  }
  const kind = isKind(own) ? own : undefined;
  const rules = kind?.definition.options ?? {};
  const begin = `${what}: initializer ${name}`;
  checkOptions(begin, options, Object.keys(rules));
  return (kind ? kind.build(options, begin) : own) as initializers.Initializer;
}

/** The rule of an option that is an initializer. */
export const initializerRule = (usual: InitializerOption): OptionRule => ({
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
