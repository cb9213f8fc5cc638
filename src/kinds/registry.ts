/**
 * Kinds that users defined, by role and name. Built-in kinds are not registered, so that bundlers can leave out those
 * that a program does not use.
 */
import { meant, textOf } from "../options.js";
import type { Kind } from "./kind.js";
import { type Role, roleNames } from "./roles.js";

const defined = new Map<string, Kind<unknown>>();
/** Text of each definition, to compare it with a later one of the same name. */
const texts = new Map<string, string>();
/** Whether a name is that of a built-in kind; set when `from-config.ts` is loaded. */
let isOurs: (role: Role, name: string) => boolean = () => false;

/** Sets which names built-in kinds have. Throws TypeError if a user's kind already has one of them. */
export function reserve(ours: (role: Role, name: string) => boolean): void {
  isOurs = ours;
  for (const { role, definition } of defined.values()) checkFree(role, definition.kind);
}

function checkFree(role: Role, name: string): void {
  if (isOurs(role, name))
    throw new TypeError(`defineKind: the ${role} "${name}" is one of genloom's: choose another name`);
}

/**
 * Adds a user's kind; `text` is its whole definition. It replaces an earlier kind of the same role and name if their
 * texts are equal, as when a page runs its module again, or if `replace` is true. Throws TypeError if the texts differ
 * without `replace`, or the name is that of a built-in kind.
 */
export function register(kind: Kind<unknown>, text: string, replace = false): void {
  const { role, definition } = kind;
  checkFree(role, definition.kind);
  const key = `${role} ${definition.kind}`;
  const before = texts.get(key);
  if (before !== undefined && !replace && before !== text)
    throw new TypeError(
      `defineKind: the ${role} "${definition.kind}" is already defined differently: choose another name, or set replace: true`,
    );
  texts.set(key, text);
  defined.set(key, kind);
}

/** The user's kind of a role and name, if it is registered. */
export const userKind = (role: Role, name: string): Kind<unknown> | undefined => defined.get(`${role} ${name}`);

/** Names of the user's kinds of a role. */
export const userKindNames = (role: Role): string[] =>
  [...defined.values()].filter((kind) => kind.role === role).map(({ definition }) => definition.kind);

/** The error if a configuration names a kind that does not exist. */
export class UnknownKindError extends TypeError {
  override readonly name = "UnknownKindError";
}

/** The error for a kind that does not exist; `known` are the names of those that do. */
export function unknownKind(role: Role, name: unknown, known: readonly string[]): UnknownKindError {
  const near = typeof name === "string" ? meant(name, known) : "";
  return new UnknownKindError(
    `${role}: unknown kind ${textOf(name)}; ${near}known kinds: ${known.join(", ")}; define a kind of your own by defineKind("${role}", …) before load and resume`,
  );
}

/** Returns `role`. Throws TypeError if it is not the name of a role; the message lists the names. */
export function checkRoleName(what: string, role: unknown): Role {
  if (typeof role === "string" && roleNames.includes(role)) return role as Role;
  const near = typeof role === "string" ? meant(role, roleNames) : "";
  throw new TypeError(`${what}: unknown role ${textOf(role)}; ${near}roles: ${roleNames.join(", ")}`);
}
