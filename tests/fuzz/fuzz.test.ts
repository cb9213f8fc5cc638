/**
 * The fuzzer (see `check.ts` for what it holds programs to): 1,800 programs that are the same on every run, 300 that are
 * new on every run. A failure prints a minimal program; its seed gives it again: `npm run fuzz -- --program SEED`.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { topologicalOrder } from "#src/graph/order";
import { type Op, Input } from "#src/graph/tensor";
import { root } from "../../scripts/host.js";
import { operationCases } from "../cases.js";
import { firstDifference, rules } from "./bounds.js";
import { check, Runtimes } from "./check.js";
import { recipeOf } from "./generate.js";
import { codeOf, neededSteps } from "./print.js";
import { graphOf } from "./graph.js";
import type { Recipe } from "./recipe.js";
import { loopTraits } from "./loop-traits.js";
import { compacted, shrink } from "./shrink.js";
import { slopeFailure } from "./slopes.js";

const fixed = 1800;
const fresh = 300;
const firstFixed = 1_000_000;
const firstFresh = Math.floor(Math.random() * 2 ** 30);
const perTest = 100;

/** Milliseconds for making a program smaller: fewer for every further failure. */
let patience = 30_000;

const runtimes = new Runtimes();
afterAll(() => runtimes.close());

async function checkAll(first: number, count: number): Promise<void> {
  for (let seed = first; seed < first + count; seed++) {
    const recipe = recipeOf(seed);
    const { failure } = await check(recipe, runtimes);
    if (!failure) continue;
    const small = await shrink(recipe, failure, async (one) => (await check(one, runtimes)).failure, patience);
    patience /= 2;
    throw new Error(
      `program ${seed}: ${failure.kind}: ${failure.message}\nmade smaller: ${small.failure.message}\n${codeOf(small.recipe)}`,
    );
  }
}

const starts = (first: number, count: number) => Array.from({ length: count / perTest }, (_, i) => first + i * perTest);

test.each(starts(firstFixed, fixed))(`fixed programs from seed %i`, (first) => checkAll(first, perTest));

console.log(`fuzz: fresh programs from seed ${firstFresh}`);
test.each(starts(firstFresh, fresh))(`fresh programs from seed %i`, (first) => checkAll(first, perTest));

describe("the generator", () => {
  const drawn = 1500;
  const calls = new Set<string>();
  const loops = new Map<string, number>();
  const ops = new Set<Op>();
  let [elements, largest, empty, twice] = [0, 0, 0, 0];
  beforeAll(() => {
    for (let seed = firstFixed; seed < firstFixed + drawn; seed++) look(recipeOf(seed));
  });

  function look(recipe: Recipe): void {
    const { tensors, outputs, updates } = graphOf(recipe, (name, shape, dtype) => new Input(name, shape, dtype));
    recipe.steps.forEach(({ call }) => {
      calls.add(call);
    });
    for (const node of topologicalOrder([...Object.values(outputs), ...updates.values()])) ops.add(node.op);
    // The first step of a loop has no tensor.
    for (const { size } of tensors.filter((one) => one !== undefined)) {
      elements++;
      largest = Math.max(largest, size);
      if (size === 0) empty++;
    }
    if (new Set(recipe.outputs).size < recipe.outputs.length) twice++;
    for (const trait of loopTraits(compacted(recipe))) loops.set(trait, (loops.get(trait) ?? 0) + 1);
  }

  test.each([
    ...[0, 1, 2, 3, 4].map((n) => `length ${n}`),
    ...[0, 1, 2, 3].map((n) => `carries ${n}`),
    ...[0, 1, 2].map((n) => `sequences ${n}`),
    ...[0, 1, 2].map((n) => `outputs ${n}`),
    ...["reverse", "nested", "i32 carry", "u8 carry", "carry that stays", "carries that change places"],
    ...["carry that becomes what is captured", "random", "every", "product", "gradient within", "gradient through"],
    ...["gradient through a gradient", "update of its first value", "values of another loop"],
  ])("loops: %s", (trait) => {
    expect(loops.get(trait) ?? 0).toBeGreaterThan(2);
  });

  const names = new Set(operationCases.map(({ name }) => name.split(" ")[0]));
  names.delete("tensor"); // a number as an argument
  test.each([...names])("%s is drawn", (name) => {
    expect([...calls]).toContain(name);
  });

  test("every operation's record is met, and has a rule of error", async () => {
    const files = readdirSync(join(root, "dist/src/ops")).filter((file) => file.endsWith(".js"));
    for (const file of files) {
      for (const value of Object.values(await import(join(root, "dist/src/ops", file)))) {
        const record = typeof value === "function" && "op" in value ? value.op : value;
        if (typeof record !== "object" || record === null || !("lowering" in record)) continue;
        // Programs of several ranks are in tests/ranks.
        if ((record as Op).name === "allReduce") continue;
        expect([...ops], `${(record as Op).name} is drawn`).toContain(record);
        expect(Object.keys(rules)).toContain((record as Op).name);
      }
    }
  });

  test("sizes reach from nothing to beyond every block", () => {
    expect(empty).toBeGreaterThan(50);
    expect(largest).toBeGreaterThan(16384);
    expect(twice).toBeGreaterThan(50);
    expect(elements).toBeGreaterThan(8000);
  });
});

describe("the check", () => {
  test("sees a number beyond its bound, a NaN that is not expected and one that is missing", () => {
    const known = { value: Float64Array.of(1, 2, NaN, 5), error: Float64Array.of(1e-7, 0, 0, Infinity) };
    expect(firstDifference(known, [1.00000005, 2, NaN, NaN])).toBe(undefined);
    expect(firstDifference(known, [1.000001, 2, NaN, 5])).toBe(0);
    expect(firstDifference(known, [1, NaN, NaN, 5])).toBe(1);
    expect(firstDifference(known, [1, 2, 3, 5])).toBe(2);
  });

  test("a failing program is made as small as what makes it fail", async () => {
    const calls = ({ steps }: Recipe) => new Set(steps.map(({ call }) => call));
    const fails = async (recipe: Recipe) => {
      const needed = neededSteps(recipe).map((t) => recipe.steps[t].call);
      return needed.includes("matmul") && needed.includes("tanh")
        ? ({ kind: "reference", message: "" } as const)
        : undefined;
    };
    let seed = firstFixed;
    // A loop may need a step for a value that nobody reads; how loops become smaller is the next test.
    while (calls(recipeOf(seed)).has("loop") || !(await fails(recipeOf(seed)))) seed++;
    const small = await shrink(recipeOf(seed), { kind: "reference", message: "" }, fails);
    expect([...calls(small.recipe)].filter((call) => call !== "input" && call !== "variable").sort()).toEqual([
      "matmul",
      "tanh",
    ]);
    expect(small.recipe.steps.length).toBeLessThanOrEqual(4);
    expect(codeOf(small.recipe)).toMatch(/matmul\(t\d+, t\d+/);
  });

  /** A loop of three iterations over two carries and a sequence, with an output, and its gradient. */
  const looped: Recipe = {
    ...recipeOf(1),
    relaxed: false,
    steps: [
      { call: "input", args: [[4], "f32", "wave", 1] },
      { call: "input", args: [[3, 4], "f32", "wave", 2] },
      { call: "loop", args: [{ length: 3, reverse: true }] },
      { call: "carry", args: [{ t: 2 }, { t: 0 }] },
      { call: "carry", args: [{ t: 2 }, { t: 0 }] },
      { call: "row", args: [{ t: 2 }, { t: 1 }] },
      { call: "tanh", args: [{ t: 3 }] },
      { call: "mul", args: [{ t: 6 }, { t: 5 }] },
      {
        call: "scan",
        args: [
          { t: 2 },
          [
            [{ t: 3 }, { t: 7 }],
            [{ t: 4 }, { t: 3 }],
          ],
          [{ t: 6 }],
        ],
      },
      { call: "result", args: [{ t: 8 }, 0] },
      { call: "result", args: [{ t: 8 }, 2] },
      { call: "sum", args: [{ t: 10 }, { axes: [0] }] },
      { call: "add", args: [{ t: 9 }, { t: 11 }] },
      { call: "gradient", args: [{ t: 12 }, { t: 0 }] },
    ],
    outputs: [13],
    updates: [],
    checks: [],
    free: false,
    first: 0,
    runs: [1],
  };

  test("a loop is made smaller: one iteration, no carry and no output that does not matter, no loop where none does", async () => {
    const recipe = { ...looped, outputs: [9, 10] };
    const failing = (calls: readonly string[]) => async (one: Recipe) =>
      calls.every((call) => neededSteps(one).some((t) => one.steps[t].call === call))
        ? ({ kind: "reference", message: "" } as const)
        : undefined;
    const small = async (...calls: string[]) =>
      (await shrink(recipe, { kind: "reference", message: "" }, failing(calls))).recipe;
    const loop = await small("scan", "tanh");
    expect(loop.steps.map(({ call }) => call)).toEqual(["input", "loop", "carry", "tanh", "scan", "result"]);
    expect(loop.steps.map(({ args }) => args)).toContainEqual([{ length: 1, reverse: false }]);
    expect((await small("tanh")).steps.map(({ call }) => call)).toEqual(["input", "tanh"]);
    expect(codeOf(loop)).toMatch(/scan\(\{ length: 1, reverse: false, carries: \{ c0: t0 \}/);
  });

  test("a gradient that is no slope is seen, one that is passes", async () => {
    expect(slopeFailure(looped)).toBe(undefined);
    const step = { call: "mul", args: [{ t: 13 }, 1.01] };
    const bent: Recipe = { ...looped, steps: [...looped.steps, step], outputs: [13] };
    expect(slopeFailure(bent, new Map([[13, 14]]))?.kind).toBe("slope");
    expect(await check(looped, runtimes)).toMatchObject({ failure: undefined, open: 0 });
  });

  test("a gradient by a result may read that result: relu's where(y, g, 0) at y = 0 is no wrong slope", () => {
    const recipe: Recipe = {
      ...looped,
      steps: [
        // One positive number, one negative.
        { call: "input", args: [[2], "f32", "wave", 3] },
        { call: "relu", args: [{ t: 0 }] },
        { call: "square", args: [{ t: 1 }] },
        { call: "gradient", args: [{ t: 2 }, { t: 0 }] },
        { call: "gradient", args: [{ t: 3 }, { t: 1 }] },
        { call: "mul", args: [{ t: 4 }, 1.01] },
      ],
      outputs: [4],
    };
    expect(slopeFailure(recipe)).toBe(undefined);
    // Where it is continuous, a gradient by a result is judged.
    const positive = {
      ...recipe,
      steps: [{ call: "input", args: [[2], "f32", "positive", 3] }, ...recipe.steps.slice(1)],
    };
    expect(slopeFailure(positive)).toBe(undefined);
    expect(slopeFailure({ ...positive, outputs: [5] }, new Map([[4, 5]]))?.kind).toBe("slope");
  });

  test("a check that does not hold ends the run in the step that the reference says", async () => {
    const log = { call: "log", args: [{ t: 0 }] };
    const recipe: Recipe = { ...looped, steps: [...looped.steps, log], outputs: [9], checks: [14], runs: [3] };
    expect(await check(recipe, runtimes)).toMatchObject({ failure: undefined });
  });

  test("a program that is right passes, and its bound is no wider than a few units in the last place", async () => {
    const recipe = {
      ...recipeOf(1),
      relaxed: false,
      steps: [
        { call: "input", args: [[5], "f32", "wave", 1] },
        { call: "mul", args: [{ t: 0 }, 0.1] },
      ],
      outputs: [1],
      updates: [],
      checks: [],
      free: false,
      runs: [1],
    };
    expect(await check(recipe, runtimes)).toMatchObject({ failure: undefined, elements: 5, open: 0 });
  });
});

/** What `planted.js` plants must still have its place, or nobody knows that the fuzzer would find it. */
describe("planted defects", () => {
  const folder = join(root, "tests/fuzz/defects");
  test.each(readdirSync(folder))("%s fits the source", (name) => {
    const patch = readFileSync(join(folder, name), "utf8");
    const [, file] = patch.match(/^--- a\/(.+)$/m) as RegExpMatchArray;
    const source = readFileSync(join(root, file), "utf8");
    for (const hunk of patch.split(/^@@.*\n/m).slice(1)) {
      const lines = hunk.split("\n").filter((line) => /^[ -]/.test(line));
      expect(source).toContain(lines.map((line) => line.slice(1)).join("\n"));
    }
  });
});
