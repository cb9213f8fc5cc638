/**
 * Every file of src/ and bindings/ begins with what it is, and every exported function and class has a docstring.
 * `tests/examples.test.ts` executes the examples in them.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));
const files = ["src", "bindings"].flatMap((folder) =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`),
);

/** A function or a class, also one that is a constant: `const name = (…) =>` and what `makeKind` makes. */
const declaration =
  /^export (?:(?:async )?function|(?:abstract )?class|const (?=[a-z]\w*(?::.*?)? =\s*(?:\/\* @__PURE__ \*\/ )?(?:async )?(?:\(|\w+ =>|makeKind\(|operation\()))\s?(\w+)/;
/** May stand between a docstring and its declaration. */
const annotation = /^\/\* @__|^\/\/ biome-ignore/;

/** Names of exported functions and classes without a docstring. Overloads share that of the first. */
function undocumented(source: string): string[] {
  const lines = source.split("\n");
  const documented = new Set<string>();
  return lines.flatMap((line, index) => {
    const name = declaration.exec(line)?.[1];
    if (name === undefined) return [];
    let before = index - 1;
    while (before > 0 && annotation.test(lines[before])) before--;
    if (lines[before]?.trimEnd().endsWith("*/")) documented.add(name);
    return documented.has(name) ? [] : [name];
  });
}

const beginsWithComment = (source: string) => /^(?:#!.*\n|\/\/\/ <reference.*\n)*\/\*\*/.test(source);

describe.each(files)("%s", (file) => {
  const source = readFileSync(root + file, "utf8");
  test("begins with what it is", () => expect(beginsWithComment(source)).toBe(true));
  test("has docstrings", () => expect(undocumented(source)).toEqual([]));
});

test("the search finds functions and classes without a docstring", () => {
  const source = `import { x } from "y";
export function first(): void {}
/** A. */
export async function second(): Promise<void> {}
export class Third {}
export const fourth = (n: number) => n;
/** B. */
export const fifth: (n: number) => number = (n) => n;
/** C. */
/* @__NO_SIDE_EFFECTS__ */
export function sixth(): void;
export function sixth(n?: number): void {}
export const seventh = 3;
export const eighth: (n: number) => L = /* @__PURE__ */ makeKind("layer", {
export const ninth = operation((x) => x, op);
`;
  expect(undocumented(source)).toEqual(["first", "Third", "fourth", "eighth", "ninth"]);
  expect([source, `/** D. */\n${source}`].map(beginsWithComment)).toEqual([false, true]);
});
