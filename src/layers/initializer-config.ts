/** Initializers by name, so that a layer's description is plain JSON. */
import * as initializers from "./initializers.js";
import { isKind } from "../kinds/kind.js";
import type { OptionRule } from "../kinds/option.js";
import { userKind, userKindNames } from "../kinds/registry.js";
import { checkOptions, textOf } from "../options.js";

/** Built-in initializers: some are values without options, the others take options. */
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
  lecunNormal: initializers.lecunNormal,
  orthogonal: initializers.orthogonal,
};

/** Names of the built-in initializers. */
export const initializerNames: readonly string[] = /* @__PURE__ */ Object.keys(known);

export type InitializerName = keyof typeof known;

/** An initializer's description as JSON: its name, and those options that differ from the defaults. */
export type InitializerConfig = { readonly name: string; readonly [option: string]: unknown };

/** An initializer, its name, or its description: `{ name: "normal", deviation: 0.02 }`. */
export type InitializerOption = initializers.Initializer | InitializerName | InitializerConfig;

/**
 * The initializer that `given` describes. Throws TypeError for an unknown name or option, RangeError for an option that
 * is not a finite number; messages begin with `what`.
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
      `${what}: initializer must be one of ${names.join(", ")} or { name, ...options }, found ${textOf(given)}`,
    );
  }
  const kind = isKind(own) ? own : undefined;
  const rules = kind?.definition.options ?? {};
  const begin = `${what}: initializer ${name}`;
  checkOptions(begin, options, Object.keys(rules));
  return (kind ? kind.build(options, begin) : own) as initializers.Initializer;
}

/** The rule of an option whose value is an initializer; `usual` is its default. */
export const initializerRule = (usual: InitializerOption): OptionRule => ({
  default: usual,
  part: "initializer",
  read: initializerFrom,
});

/** Rules of the options that all layers with weights have. */
export const weightRules = /* @__PURE__ */ (() => ({
  bias: { default: true },
  initializer: initializerRule("glorotUniform"),
  biasInitializer: initializerRule("zeros"),
}))();

/** Values of these options, as a layer's `make` gets them. */
export interface Weights {
  readonly bias: boolean;
  readonly initializer: initializers.Initializer;
  readonly biasInitializer: initializers.Initializer;
}
