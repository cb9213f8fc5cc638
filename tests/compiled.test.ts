/**
 * Compiled programs against the reference, for every row of the table: results and first-order gradients in one program
 * (so that fusion, epilogues and memory reuse take part), with 1, 2 and 3 lanes, whose bits must be equal.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime, type Values } from "#binding";
import { gradient } from "#src/gradient";
import { evaluate } from "#src/reference";
import { Input, type Tensor } from "#src/tensor";
import { type Case, cases, defaultTolerance, type Instance, instancesOf } from "./cases.js";

const laneCounts = [1, 2, 3];
let runtimes: Runtime[] = [];

beforeAll(async () => {
  runtimes = await Promise.all(laneCounts.map((threads) => createRuntime({ threads })));
});

afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

/** The result and its gradients, by name. */
function outputsOf(row: Case, instance: Instance, tensors: readonly Tensor[]): Record<string, Tensor> {
  const result = instance.apply(tensors);
  const names = instance.inputs.map(({ name }) => name);
  const xs = row.order > 0 ? tensors.filter(({ dtype }) => dtype === "f32") : [];
  const slopes = xs.length > 0 ? gradient(result, xs) : [];
  return {
    result,
    ...Object.fromEntries(slopes.map((slope, i) => [`gradient to ${names[tensors.indexOf(xs[i])]}`, slope])),
  };
}

/** The error that f32 arithmetic may leave: relative to 1 or the largest value; gradients add up many terms. */
function compare(name: string, found: ArrayLike<number>, wanted: Float64Array, tolerance: number): void {
  let largest = 1;
  for (const value of wanted) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  const allowed = tolerance * largest * (name === "result" ? 1 : 8);
  for (let i = 0; i < wanted.length; i++) {
    const same = Object.is(found[i], wanted[i]) || Math.abs(found[i] - wanted[i]) <= allowed;
    if (!same) throw new Error(`${name}[${i}] is ${found[i]}, the reference says ${wanted[i]} (allowed ${allowed})`);
  }
}

async function check(row: Case, instance: Instance): Promise<void> {
  const inputs = instance.inputs.map(({ name, shape, dtype }) => new Input(name, shape, dtype));
  const graph = outputsOf(row, instance, inputs);
  const names = Object.keys(graph);
  const wanted = evaluate(Object.values(graph), {
    feeds: new Map(inputs.map((input, i) => [input, instance.values[i]])),
    seed: 5,
  });
  const feeds = Object.fromEntries(
    inputs.map(({ name, shape }, i) => [name, { data: Array.from(instance.values[i]), shape }]),
  );
  const found: Record<string, Values>[] = [];
  for (const runtime of runtimes) {
    // Traced anew: inputs belong to their program.
    const program = runtime.compile(({ input }) => ({
      outputs: outputsOf(
        row,
        instance,
        instance.inputs.map(({ name, shape, dtype }) => input(name, shape, dtype)),
      ),
    }));
    found.push(await program.run(feeds, { seed: 5 }));
  }
  names.forEach((name, i) => {
    compare(name, found[0][name].data, wanted[i], row.tolerance ?? defaultTolerance);
    for (let lanes = 1; lanes < found.length; lanes++) {
      const [one, more] = [found[0][name].data, found[lanes][name].data].map(
        (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
      if (Buffer.compare(one, more) !== 0)
        throw new Error(`${name}: the bits differ between 1 and ${laneCounts[lanes]} lanes`);
    }
  });
}

describe.each(cases)("$name", (row) => {
  test("agrees with the reference, the same bits for 1, 2 and 3 lanes", async () => {
    for (const instance of instancesOf(row, "large")) {
      try {
        await check(row, instance);
      } catch (error) {
        const shapes = instance.inputs.map(({ name, shape }) => `${name} [${shape}]`).join(", ");
        throw new Error(`build ${instance.index}, ${shapes}: ${(error as Error).message}`, { cause: error });
      }
    }
  });
});

test("the runtimes have the lanes they were asked for", () => {
  expect(runtimes.map(({ info }) => info.lanes)).toEqual(laneCounts);
});
