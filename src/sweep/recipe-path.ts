/**
 * Paths into a recipe: `config.optimizers.generator.learningRate`, `config.generator.layers[0].units`. A `*` stands for every
 * field or element of its place that has the rest of the path.
 */
import { meant } from "../options.js";

type Json = Record<string, unknown>;

/** Names of options have no dots. */
export const isPath = (name: string): boolean => name.includes(".") || name.includes("[");

const partsOf = (path: string): string[] => path.replace(/\[(\d+|\*)\]/g, ".$1").split(".");

const isNode = (value: unknown): value is Json => typeof value === "object" && value !== null;

/** Sets the value at all places of a path; returns their number. */
function assignAt(node: unknown, [name, ...rest]: readonly string[], value: unknown): number {
  if (!isNode(node)) return 0;
  const names = name === "*" ? Object.keys(node) : Object.hasOwn(node, name) ? [name] : [];
  if (rest.length > 0) return names.reduce((count, one) => count + assignAt(node[one], rest, value), 0);
  for (const one of names) node[one] = structuredClone(value);
  return names.length;
}

/** Where a path leaves a value: the path so far, and the names that are there. */
function lostAt(
  value: unknown,
  parts: readonly string[],
): { readonly found: string; readonly name: string; readonly known: string[] } {
  let node = value;
  for (const [i, name] of parts.entries()) {
    if (name === "*" || !isNode(node) || !Object.hasOwn(node, name))
      return { found: parts.slice(0, i).join("."), name, known: isNode(node) ? Object.keys(node) : [] };
    node = node[name];
  }
  return { found: parts.join("."), name: "", known: [] };
}

/**
 * A copy of a recipe with another value at a path.
 * @throws TypeError that names the fields which are there, if the recipe has no such place
 */
export function withValue<T extends object>(recipe: T, path: string, value: unknown, what: string): T {
  const copy = structuredClone(recipe);
  const parts = partsOf(path);
  if (assignAt(copy, parts, value) > 0) return copy;
  const { found, name, known } = lostAt(recipe, parts);
  const place = found === "" ? "the recipe" : `${found} of the recipe`;
  const list = known.length > 0 ? `fields: ${known.join(", ")}` : "it has no fields";
  throw new TypeError(
    `${what}: vary.${path} must be a place in the recipe, found no ${JSON.stringify(name)} in ${place}; ${/^\d+$/.test(name) ? "" : meant(name, known)}${list}`,
  );
}
