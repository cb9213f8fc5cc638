/** Kinds that users defined, by role and name. Ours are no part of it: a program holds those that it uses. */
import { meant, textOf } from "../options.js";
import type { Kind } from "./kind.js";
import { type Role, roleNames } from "./roles.js";

const defined = new Map<string, Kind<unknown>>();
/** What each definition says. */
const texts = new Map<string, string>();
/** Whether a name is one of ours: known once something that reads configurations is loaded. */
let isOurs: (role: Role, name: string) => boolean = () => false;

/** Tells `register` which names are taken. Throws TypeError where a user's kind has one of them already. */
export function reserve(ours: (role: Role, name: string) => boolean): void {
  isOurs = ours;
  for (const { role, definition } of defined.values()) checkFree(role, definition.kind);
}

function checkFree(role: Role, name: string): void {
  if (isOurs(role, name))
    throw new TypeError(`defineKind: the ${role} "${name}" is one of genloom's: choose another name`);
}

/**
 * Adds a user's kind, of which `text` says all. One of the same role and name takes its place where it says the same, as a
 * page does that runs its module again. Throws TypeError where it says something else and is not meant to replace it, or
 * the name is one of ours.
 */
export function register(kind: Kind<unknown>, text: string, replace = false): void {
  const { role, definition } = kind;
  checkFree(role, definition.kind);
  const key = `${role} ${definition.kind}`;
  const before = texts.get(key);
  if (before !== undefined && !replace && before !== text)
    throw new TypeError(
      `defineKind: the ${role} "${definition.kind}" is defined already, otherwise: choose another name, or say replace: true`,
    );
  texts.set(key, text);
  defined.set(key, kind);
}

/** The user's kind of that role and name. */
export const userKind = (role: Role, name: string): Kind<unknown> | undefined => defined.get(`${role} ${name}`);

/** Names of the user's kinds of a role. */
export const userKindNames = (role: Role): string[] =>
  [...defined.values()].filter((kind) => kind.role === role).map(({ definition }) => definition.kind);

/** A configuration names a kind that is not there. */
export class UnknownKindError extends TypeError {
  override readonly name = "UnknownKindError";
}

/** The error of a kind that is not there; `known` are the names that are. */
export function unknownKind(role: Role, name: unknown, known: readonly string[]): UnknownKindError {
  const near = typeof name === "string" ? meant(name, known) : "";
  return new UnknownKindError(
    `${role}: unknown kind ${textOf(name)}; ${near}known kinds: ${known.join(", ")}; one of your own is known once defineKind("${role}", …) was called, which comes before load and resume`,
  );
}

/** The role itself. Throws TypeError, naming the known ones, where there is none of that name. */
export function checkRoleName(what: string, role: unknown): Role {
  if (typeof role === "string" && roleNames.includes(role)) return role as Role;
  const near = typeof role === "string" ? meant(role, roleNames) : "";
  throw new TypeError(`${what}: unknown role ${textOf(role)}; ${near}roles: ${roleNames.join(", ")}`);
}
