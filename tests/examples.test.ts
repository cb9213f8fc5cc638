/**
 * Every `@example` in a docstring of src/ holds: `expression // expected`, where the expected side is JSON (numbers within
 * 1e-6), or `throws message`. An expression may use all public names, and:
 * - `t(numbers)`: a tensor of nested arrays of numbers;
 * - `show(tensor)`: its values, nested, by the f64 reference;
 * - `shape(layer, ...lengths)`: the shape that a layer makes of an input of the given shape.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as genloom from "genloom";
import { evaluate } from "#src/reference";
import { Input, type Tensor } from "#src/tensor";

const source = fileURLToPath(new URL("../src/", import.meta.url));

interface Example {
  readonly where: string;
  readonly expression: string;
  readonly expected: string;
}

function examples(): Example[] {
  const files = readdirSync(source, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return files.flatMap((file) =>
    [...readFileSync(source + file, "utf8").matchAll(/@example (.+?) \/\/ (.+?)(?: ?\*\/)?$/gm)].map(
      ([, expression, expected]) => ({
        where: file,
        expression,
        expected,
      }),
    ),
  );
}

type Nested = number | readonly Nested[];

function shapeOf(value: Nested): number[] {
  return typeof value === "number" ? [] : [value.length, ...(value.length > 0 ? shapeOf(value[0]) : [])];
}

const flat = (value: Nested): number[] => (typeof value === "number" ? [value] : value.flatMap(flat));

/** Tensor of nested arrays; large literals would be rounded to f32, so it is an input fed in f64. */
const fed = new Map<Tensor, Float64Array>();
function t(value: Nested): Tensor {
  const made = new Input("example", shapeOf(value));
  fed.set(made, Float64Array.from(flat(value)));
  return made;
}

function nest(values: readonly number[], shape: readonly number[]): Nested {
  if (shape.length === 0) return values[0];
  const size = values.length / shape[0];
  return Array.from({ length: shape[0] }, (_, i) => nest(values.slice(i * size, (i + 1) * size), shape.slice(1)));
}

function show(tensor: Tensor): Nested {
  const feeds = new Map<Tensor, ArrayLike<number>>(fed);
  const [values] = evaluate([tensor], { feeds });
  return nest([...values], tensor.shape);
}

function shape(layer: genloom.layers.Layer, ...lengths: number[]): readonly number[] {
  return new genloom.layers.Network("example", layer).apply(new Input("x", lengths)).shape;
}

function close(found: unknown, expected: unknown): boolean {
  if (typeof found === "number" && typeof expected === "number")
    return Math.abs(found - expected) <= 1e-6 * Math.max(1, Math.abs(expected));
  if (Array.isArray(found) && Array.isArray(expected))
    return found.length === expected.length && found.every((value, i) => close(value, expected[i]));
  return found === expected;
}

const scope = { ...genloom, t, show, shape };

test.each(examples())("$where: $expression", async ({ expression, expected }) => {
  const run = () =>
    new Function(...Object.keys(scope), `return (async () => (${expression}))()`)(
      ...Object.values(scope),
    ) as Promise<unknown>;
  if (expected.startsWith("throws ")) {
    await expect(run()).rejects.toThrow(expected.slice("throws ".length));
  } else {
    const found = JSON.parse(JSON.stringify(await run()));
    expect(close(found, JSON.parse(expected)), `${JSON.stringify(found)} is not ${expected}`).toBe(true);
  }
});

test("there are examples", () => expect(examples().length).toBeGreaterThan(50));
