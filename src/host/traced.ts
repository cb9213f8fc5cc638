/** Validation of a traced function's result (outputs, updates and checks), before anything is compiled. */
import { checkOptions, textOf } from "../options.js";
import type { Traced } from "./program.js";
import { checkShape } from "../graph/shape.js";
import { Tensor, Variable } from "../graph/tensor.js";

/** Throws if an input's name is not a string, or its shape is not a list of lengths (null: determined by the feed). */
export function checkPattern(program: string, name: unknown, pattern: readonly (number | null)[]): void {
  if (typeof name !== "string")
    throw new TypeError(`${program}: an input's name must be a string, found ${textOf(name)}`);
  const lengths = Array.isArray(pattern) ? pattern.map((length: number | null) => length ?? 0) : pattern;
  checkShape(lengths as number[], `${program}: input ${name}`);
}

function checkTensor(what: string, value: unknown): void {
  if (value instanceof Tensor) return;
  const hint = typeof value === "number" ? `; constant(${value}) makes one` : "";
  throw new TypeError(`${what} must be a tensor, found ${textOf(value)}${hint}`);
}

/**
 * Returns `traced`. Throws RangeError if two updated variables have the same name, TypeError if it is not a valid
 * result; errors begin with the program's name.
 */
export function checkTraced(name: string, traced: Traced): Traced {
  if (traced instanceof Promise || traced instanceof Tensor || typeof traced !== "object" || traced === null) {
    const hint = traced instanceof Promise ? "; a traced function must not be async" : "";
    throw new TypeError(
      `${name}: a traced function must return { outputs, updates, checks }, found ${textOf(traced)}${hint}`,
    );
  }
  checkOptions(name, traced, ["outputs", "updates", "checks"]);
  const { outputs = {}, updates = new Map(), checks = [] } = traced;
  if (outputs instanceof Tensor || typeof outputs !== "object" || outputs === null || Array.isArray(outputs))
    throw new TypeError(`${name}: outputs must be tensors by name, { y: … }, found ${textOf(outputs)}`);
  for (const [output, value] of Object.entries(outputs)) checkTensor(`${name}: output ${output}`, value);
  if (!(updates instanceof Map))
    throw new TypeError(`${name}: updates must be a Map from variables to their next values, found ${textOf(updates)}`);
  const names = new Set<string>();
  for (const [variable, next] of updates) {
    if (!(variable instanceof Variable))
      throw new TypeError(`${name}: what is updated must be a variable, found ${textOf(variable)}`);
    checkTensor(`${name}: the next value of ${variable.name}`, next);
    if (names.has(variable.name))
      throw new RangeError(
        `${name}: names of updated variables must be unique, found two of ${variable.name}; give each minimize its own, as minimize(loss, parameters, { name: "second" })`,
      );
    names.add(variable.name);
  }
  if (checks !== "all") {
    if (!Array.isArray(checks))
      throw new TypeError(`${name}: checks must be an array of tensors or "all", found ${textOf(checks)}`);
    for (const value of checks) checkTensor(`${name}: each check`, value);
  }
  return traced;
}

/**
 * Throws RangeError if a function that is traced again, for other shapes, updates a different variable of the same name:
 * the values of the first would be lost. `updated` has the variables of earlier traces; those of this one are added.
 */
export function checkSameVariables(
  name: string,
  updated: Map<string, Variable>,
  { updates = new Map() }: Traced,
): void {
  for (const variable of updates.keys()) {
    const before = updated.get(variable.name) ?? variable;
    if (before !== variable)
      throw new RangeError(
        `${name}: a trace for other lengths updates a different variable ${variable.name}: create variables outside of the traced function`,
      );
    updated.set(variable.name, variable);
  }
}
