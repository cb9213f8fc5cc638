/**
 * Every public function and method with options rejects an unknown option and names the nearest known one. The
 * functions are found by walking through the exports of the package and the objects that they make; a function without
 * a row fails.
 */
import { afterAll, describe, expect, test } from "vitest";
import { fromConfig } from "#src/models/from-config";
import * as tables from "#src/domains/tables/index";
import * as genloom from "#binding";
import * as data from "#src/data/index";
import * as files from "#src/files";
import { isKind, type Kind } from "#src/kinds/kind";
import { checkNumber, checkOptions, editDistance, kindOf, nearest } from "#src/options";

import { noOptions, objects, operations, optimizer, ring, rows, runtime, scope, type Wrong } from "./option-rows.js";

const { datasets, layers: L } = genloom;

afterAll(() => runtime.close());

/** The parameters of a function, as written in its source. */
function parametersOf(call: (...values: never) => unknown): string[] {
  const whole = Function.prototype.toString.call(call);
  const source = whole.startsWith("class") ? whole.slice(Math.max(0, whole.search(/\bconstructor\s*\(/))) : whole;
  const alone = /^(?:async\s+)?([\w$]+)\s*=>/.exec(source);
  if (alone) return [alone[1]];
  const found: string[] = [];
  let [depth, from] = [0, 0];
  for (let i = source.indexOf("("); i < source.length; i++) {
    if ("([{".includes(source[i]) && ++depth === 1) from = i + 1;
    const ends = ")]}".includes(source[i]) && --depth === 0;
    if (ends || (source[i] === "," && depth === 1)) {
      found.push(source.slice(from, i).trim());
      from = i + 1;
    }
    if (ends) break;
  }
  return found;
}

const isOptions = (parameter: string) => /^(options|given)\b|^\{|=\s*\{\s*\}$/.test(parameter);

/** Paths of all functions that have a parameter for options; kinds, which say themselves what they take, by themselves. */
function takers(): { paths: string[]; kinds: [path: string, kind: Kind<unknown>][] } {
  const kinds: [path: string, kind: Kind<unknown>][] = [];
  const seen = new Set<unknown>();
  const paths: string[] = [];
  const visit = (path: string, value: unknown) => {
    if (typeof value !== "function" || seen.has(value)) return;
    seen.add(value);
    if (isKind(value)) kinds.push([path, value]);
    else if (parametersOf(value as () => unknown).some(isOptions) && !noOptions.has(path) && !operations.has(value))
      paths.push(path);
  };
  for (const [prefix, module] of Object.entries({ "": genloom, "files.": files, "data.": data, "tables.": tables })) {
    for (const [name, value] of Object.entries(module as Record<string, unknown>)) {
      visit(prefix + name, value);
      if (typeof value === "object" && value !== null && name !== "binding")
        for (const [inner, one] of Object.entries(value)) visit(`${prefix}${name}.${inner}`, one);
    }
  }
  for (const [name, object] of Object.entries(objects))
    for (let holder = object; holder !== Object.prototype; holder = Object.getPrototypeOf(holder))
      for (const [method, { value }] of Object.entries(Object.getOwnPropertyDescriptors(holder)))
        if (method !== "constructor") visit(`${name}.${method}`, value);
  return { paths, kinds };
}

test("every function that takes options has a row, and every row a function", () => {
  const missing = takers().paths.filter((path) => !Object.hasOwn(rows, path));
  expect(missing).toEqual([]);
  // The alias and what inherits are found under one of their names only.
  const found = new Set(takers().paths);
  expect(Object.keys(rows).filter((path) => !found.has(path))).toEqual(
    ["TrainedModel.sample"].filter((p) => !found.has(p)),
  );
});

describe("an unknown option is rejected, and the nearest known one is named", () => {
  test.each(Object.entries(rows))("%s", async (_, [known, call]) => {
    const wrong = `${known ?? "any"}x`;
    const words = known === undefined ? "it takes no options" : `did you mean "${known}"? known options: `;
    const run = async () => call({ [wrong]: 1 });
    await expect(run()).rejects.toThrow(TypeError);
    await expect(run()).rejects.toThrow(`unknown option "${wrong}"; ${words}`);
  });
});

describe("a kind refuses an unknown option, and names its nearest", () => {
  const { kinds } = takers();

  test("kinds are found", () => expect(kinds.length).toBeGreaterThan(60));

  test.each(kinds.filter(([, { definition }]) => !definition.variadic))("%s", (_, make) => {
    const { kind, options = {}, positional = [] } = make.definition;
    const [known] = Object.keys(options).filter((name) => !positional.includes(name));
    const wrong = `${known ?? "any"}x`;
    // What comes before the options is looked at after them.
    const call = () => make(...positional.map(() => undefined), { [wrong]: 1 });
    const words = known === undefined ? "it takes no options" : `did you mean "${known}"? known options: ${known}`;
    expect(call).toThrow(TypeError);
    expect(call).toThrow(`${kind}: unknown option "${wrong}"; ${words}`);
  });
});

describe("options within options", () => {
  test.each([
    ["optimizers of a GAN", () => genloom.gan({ ...parts, optimizers: { generatr: optimizer } as Wrong }), "generator"],
    ["units of a machine", () => genloom.rbm({ hidden: 2, units: { visble: 1 } as Wrong }), "visible"],
    ["sizes of a split", () => data.split(ring, { train: 3, vald: 2 } as Wrong), "valid"],
    ["images of a built-in set", () => files.loadDataset("digits", { images: { sise: 32 } as Wrong }), "size"],
    ["images of bytes", () => datasets.parse(new Uint8Array(9), { images: { backgrund: 1 } as Wrong }), "background"],
    [
      "initializer of a layer",
      () => L.dense(2, { initializer: { name: "normal", deviaton: 1 } as Wrong }),
      "deviation",
    ],
    ["what a traced function gives", () => runtime.compile(() => ({ output: {} }) as Wrong), "outputs"],
    ["spec of a layer's variable", () => scope.read("w", { shape: [1], trainabel: false } as Wrong), "trainable"],
    ["a description's", () => fromConfig("schedule", { kind: "linear", from: 1, step: 9 }), "steps"],
  ])("%s", async (_, call, near) => {
    const run = async () => call();
    await expect(run()).rejects.toThrow(TypeError);
    await expect(run()).rejects.toThrow(`; did you mean "${near}"? known options: `);
  });

  test("options of tables are unknown to built-in data sets", async () => {
    await expect(files.loadDataset("ring", { header: true })).rejects.toThrow(
      'ring: unknown option "header"; known options: count, seed',
    );
    await expect(files.loadDataset("digits", { size: 4 })).rejects.toThrow('digits: unknown option "size"');
    expect((await files.loadDataset("bars", { size: 2, seed: 3 })).count).toBe(6);
  });
});

const parts = { latent: 2, generator: L.dense(2), discriminator: L.dense(1) };

describe("nearest", () => {
  test.each([
    ["kitten", "sitting", 3],
    ["abc", "acb", 1], // a swap of neighbours is one edit
    ["", "abc", 3],
    ["ca", "abc", 3], // no letter is changed twice
    ["same", "same", 0],
  ])("%s and %s are %i edits apart", (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });

  test("is a word that was probably meant, or none", () => {
    const known = ["steps", "batchSize", "seed"];
    expect(nearest("setps", known)).toBe("steps");
    expect(nearest("batchsize", known)).toBe("batchSize");
    expect(nearest("bachSise", known)).toBe("batchSize");
    expect(nearest("epochs", known)).toBeUndefined();
    expect(nearest("steps", [])).toBeUndefined();
  });
});

describe("checks", () => {
  test.each([
    [undefined, "undefined"],
    [null, "null"],
    [3n, "3n"],
    ["text", '"text"'],
    [[1, 2n], "[1, 2n]"],
    [() => 1, "a function"],
  ])("options are an object, not %s", (value, words) => {
    expect(() => checkOptions("what", value, [])).toThrow(
      new TypeError(`what: options must be an object, found ${words}`),
    );
  });

  test("messages name numbers as they are written", () => {
    for (const [value, words] of [
      [3n, "3n"],
      ["3", '"3"'],
      [{}, "an object"],
      [[3], "[3]"],
      [Number.NaN, "NaN"],
    ])
      expect(() => checkNumber("what", "n", value, { atLeast: 4 })).toThrow(
        new RangeError(`what: n must be a finite number >= 4, found ${words}`),
      );
  });

  test("unknown kinds name the nearest known kind", () => {
    expect(() => kindOf("what", { cosine: 1, linear: 2 }, "cosin")).toThrow(
      'what: unknown kind "cosin"; did you mean "cosine"? known kinds: cosine, linear',
    );
  });
});
