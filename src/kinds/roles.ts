/** Roles of kinds: for each, its description in error messages and the functions that a value of it must have. */
import { textOf } from "../options.js";

const roles = {
  layer: ["a layer, for example layers.dense(8)", "apply"],
  loss: ["a loss, for example losses.hinge()", "discriminator", "generator"],
  penalty: ["a penalty, for example penalties.r1()", "apply"],
  augmentation: ["an augmentation, for example augmentations.diff()", "apply"],
  likelihood: ["a likelihood, for example likelihoods.bernoulli()", "observe"],
  objective: ["an objective, for example objectives.elbo()", "loss"],
  optimizer: ["an optimizer, for example adam(1e-3)", "init", "apply"],
  schedule: ["a schedule, for example schedules.cosine(1e-3, { steps: 1000 })", "at"],
  units: ["a kind of units, for example units.bernoulli()", "mean", "draw", "logPartition"],
  binarisation: ["a binarisation, for example binarisation.dynamic()", "records", "batch", "evaluated"],
  initializer: ["an initializer, for example initializers.normal()"],
} as const;

/** The use of a kind: as a layer, a loss and so on. */
export type Role = keyof typeof roles;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

/** Names of all roles. */
export const roleNames: readonly string[] = /* @__PURE__ */ Object.keys(roles);

/** Names of the functions that a value of a role must have; none for an initializer, which is itself a function. */
export const functionsOf = (role: Role): readonly string[] => (roles[role] as readonly string[]).slice(1);

/** Whether a value has the functions of its role. */
export function plays(role: Role, value: unknown): boolean {
  const functions = functionsOf(role);
  if (functions.length === 0) return typeof value === "function";
  return isObject(value) && functions.every((name) => typeof value[name] === "function");
}

/**
 * Returns `value`. Throws TypeError if it lacks a function of its role or its `config`. The message begins with `what`;
 * `or` names what else is allowed, for example "a number or ".
 */
export function checkRole<T>(what: string, name: string, role: Role, value: T, or = ""): T {
  if (plays(role, value) && (role === "initializer" || isObject((value as { config?: unknown }).config))) return value;
  const found =
    typeof value === "function"
      ? "a function; call it"
      : isObject(value) && "kind" in value
        ? `a description; use fromConfig("${role}", description)`
        : textOf(value);
  throw new TypeError(`${what}: ${name} must be ${or}${roles[role][0]}, found ${found}`);
}
