/**
 * Kinds: functions that make layers, losses, optimizers and so on from options. They check the options and store them
 * in the value's `config`, by which it is saved and read back. Each function carries its kind's definition (name, role, rules
 * of its options, constructor), by which `fromConfig` makes a value again.
 */
import { checkOptions } from "../options.js";
import { type OptionRules, take } from "./option.js";
import type { Role } from "./roles.js";

/** The description of a value as JSON: its kind and all its options. */
export type KindConfig = { readonly kind: string; readonly [option: string]: unknown };

/** The definition of a kind: its name, its options, and how a value is made from them. */
export interface Definition<O, V> {
  /** Its name in configurations. */
  readonly kind: string;
  /** Rules of its options, by name; default: no options. */
  readonly options?: OptionRules;
  /** Names of the options that are positional parameters of the function; an object with the other options follows. */
  readonly positional?: readonly string[];
  /** Whether the function's parameters are the elements of its only option, a list. */
  readonly variadic?: boolean;
  /** Throws if options contradict each other; `what` is the kind. */
  check?(options: O, what: string): void;
  /** Makes the value, without its `config`, from checked options. */
  make(options: O, kind: string): Omit<V, "config">;
}

/** A definition of which the types of options and value are not known. */
// biome-ignore lint/suspicious/noExplicitAny: the types of options and value differ from kind to kind
export type AnyDefinition = Definition<any, any>;

/** The function that makes values of a kind. */
export interface Kind<V> {
  // biome-ignore lint/suspicious/noExplicitAny: the parameters are declared by the type of each kind's constant
  (...values: any[]): V;
  readonly role: Role;
  readonly definition: AnyDefinition;
  /** Makes a value from options by name, all of them known. `what` begins error messages; default: the kind. */
  build(fields: Readonly<Record<string, unknown>>, what?: string): V;
}

/** The part of a layer that is applied; `layers/layer.ts` declares all of it. */
interface Reporting {
  apply(x: unknown, scope?: { report?(kind: string, result: unknown): void }): unknown;
}

/** Has a layer report its results to the scope in which it is applied, for summaries of networks. */
function reportResults(layer: Partial<Reporting>, kind: string): void {
  const { apply } = layer;
  if (typeof apply !== "function") return;
  layer.apply = (x, scope) => {
    const result = apply.call(layer, x, scope);
    // A layer without variables may be applied without a scope.
    scope?.report?.(kind, result);
    return result;
  };
}

/** Whether a value is a kind's function. */
export const isKind = (value: unknown): value is Kind<unknown> =>
  typeof value === "function" && "definition" in value && "role" in value;

/**
 * Creates a kind's function. `fromConfig` does not know it until it is exported by a built-in module or registered.
 * @param finish adds to a value what all values of its role have
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
    // A new function, because `make` may return the same function for several values, and each needs its own `config`.
    const own = typeof made === "function" ? (...values: unknown[]) => made(...values) : { ...made };
    if (role === "layer") reportResults(own as Partial<Reporting>, kind);
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
