/**
 * Kinds: functions that make layers, losses, optimizers and so on of checked options, and give each what it takes to be
 * saved and read back: its `config`. Each function carries its own definition, which is all that a reader needs.
 */
import { checkOptions } from "../options.js";
import { type OptionRules, take } from "./option.js";
import type { Role } from "./roles.js";

/** The description of a value as JSON: its kind and all its options. */
export type KindConfig = { readonly kind: string; readonly [option: string]: unknown };

/** What a kind is: its name, its options, and what it makes of them. */
export interface Definition<O, V> {
  /** Its name in configurations. */
  readonly kind: string;
  /** Rules of its options, by their names; none where not given. */
  readonly options?: OptionRules;
  /** Names of the options that the function takes one after the other, before an object with the rest of them. */
  readonly positional?: readonly string[];
  /** Its only option is a list that the function takes as its parameters. */
  readonly variadic?: boolean;
  /** Throws where options do not fit together; `what` is the kind. */
  check?(options: O, what: string): void;
  /** The value, of options that were checked: all but its `config`. */
  make(options: O, kind: string): Omit<V, "config">;
}

/** A definition whose types nobody needs any more. */
// biome-ignore lint/suspicious/noExplicitAny: its options and value are its own affair
export type AnyDefinition = Definition<any, any>;

/** The function of a kind. */
export interface Kind<V> {
  // biome-ignore lint/suspicious/noExplicitAny: what it takes is said by the type that its constant is declared with
  (...values: any[]): V;
  readonly role: Role;
  readonly definition: AnyDefinition;
  /** A value of options by name, of which none is unknown; `what` begins errors, its kind where not given. */
  build(fields: Readonly<Record<string, unknown>>, what?: string): V;
}

/** Whether a value is the function of a kind. */
export const isKind = (value: unknown): value is Kind<unknown> =>
  typeof value === "function" && "definition" in value && "role" in value;

/**
 * The function of a kind, not yet known to any reader of configurations.
 * @param finish adds to a value what all of its role have
 */
export function makeKind<O, V extends object>(role: Role, definition: Definition<O, V>): Kind<V>;
export function makeKind<O, M extends object, V extends object>(
  role: Role,
  definition: Definition<O, M>,
  finish: (value: M) => V,
): Kind<V>;
export function makeKind<O, M extends object>(
  role: Role,
  definition: Definition<O, M>,
  finish: (value: M) => object = (value) => value,
): Kind<object> {
  const { kind, options: rules = {}, positional = [], variadic, check, make } = definition;
  const known = Object.keys(rules).filter((name) => !positional.includes(name));
  const build = (fields: Readonly<Record<string, unknown>>, what = kind): object => {
    const values: Record<string, unknown> = {};
    const config: Record<string, unknown> = { [role === "initializer" ? "name" : "kind"]: kind };
    for (const [name, rule] of Object.entries(rules)) {
      const taken = take(what, name, rule, fields[name]);
      if (taken) [values[name], config[name]] = [taken.value, taken.config];
    }
    check?.(values as O, what);
    const made = make(values as O, kind) as M | ((...values: unknown[]) => unknown);
    // A function of its own: another value may be the same one.
    const own = typeof made === "function" ? (...values: unknown[]) => made(...values) : { ...made };
    return finish(Object.assign(own, { config }) as unknown as M);
  };
  const call = (...values: unknown[]): object => {
    if (variadic) return build({ [positional[0]]: values });
    const { [positional.length]: options = {} } = values;
    checkOptions(kind, options, known);
    return build({ ...(options as object), ...Object.fromEntries(positional.map((name, i) => [name, values[i]])) });
  };
  return Object.assign(call, { role, definition, build });
}
