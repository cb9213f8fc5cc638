/**
 * Compiled programs against the reference, for every row of the table: results and first-order gradients in one program
 * (so that fusion, epilogues and memory reuse take part), with 1, 2 and 3 lanes, whose bits must be equal. Every row is
 * run in two forms: with inputs that are fed, and with inputs that the program itself computes, whose memory may be
 * taken once nothing needs them any more.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Runtime, Values } from "#binding";
import { gradient } from "#src/ops/differentiate";
import { add, mul } from "#src/ops/elementwise";
import { flip, reshape } from "#src/ops/movement";
import { evaluate } from "#src/graph/reference";
import type { Shape } from "#src/graph/shape";
import { Input, type Tensor } from "#src/graph/tensor";
import type { DType } from "#src/graph/dtype";
import { asked, createNarrow, createRuntime } from "./wide-build.js";
import { cases, defaultTolerance, type Instance, instancesOf } from "./cases.js";
import type { Case } from "./cases/case.js";

const laneCounts = [1, 2, 3];
/** One for each number of lanes, and then those whose bits must be the same. */
let runtimes: Runtime[] = [];

beforeAll(async () => {
  runtimes = await Promise.all([
    ...laneCounts.map((threads) => createRuntime({ threads })),
    ...(asked ? [createNarrow({ threads: 1 })] : []),
  ]);
});

afterAll(async () => {
  await Promise.all(runtimes.map((runtime) => runtime.close()));
});

/** A row's graph over inputs, and what is fed to them. */
interface Form {
  readonly outputs: (input: (name: string, shape: Shape, dtype?: DType) => Tensor) => Record<string, Tensor>;
  readonly feeds: readonly { readonly name: string; readonly shape: Shape; readonly data: readonly number[] }[];
}

function fedForm(row: Case, instance: Instance): Form {
  return {
    outputs: (input) =>
      outputsOf(
        row,
        instance,
        instance.inputs.map(({ name, shape, dtype }) => input(name, shape, dtype)),
      ),
    feeds: instance.inputs.map(({ name, shape }, i) => ({ name, shape, data: Array.from(instance.values[i]) })),
  };
}

/**
 * Every input is the result of a map (x + 0, where no compiler knows the 0) or of a kernel (what is fed the other way
 * round, flipped), by turns. Every other pair of builds reads it again afterwards; the others leave it to be overwritten.
 */
function computedForm(row: Case, instance: Instance): Form {
  const again = instance.index % 4 < 2;
  const flipped = (i: number) => instance.inputs[i].dtype !== undefined || (instance.index + i) % 2 === 1;
  return {
    outputs: (input) => {
      const zero = input("zero", []);
      const tensors = instance.inputs.map(({ name, shape, dtype }, i) => {
        if (!flipped(i)) return add(input(name, shape, dtype), zero);
        const line = input(name, [instance.values[i].length], dtype);
        return reshape(flip(line, 0), shape);
      });
      const outputs = outputsOf(row, instance, tensors);
      const rest = tensors.map(
        (x, i) => [`${instance.inputs[i].name} again`, x.dtype === "f32" ? mul(x, 2) : x] as const,
      );
      return again ? { ...outputs, ...Object.fromEntries(rest) } : outputs;
    },
    feeds: [
      { name: "zero", shape: [], data: [0] },
      ...instance.inputs.map(({ name, shape }, i) => {
        const data = Array.from(instance.values[i]);
        return flipped(i) ? { name, shape: [data.length], data: data.reverse() } : { name, shape, data };
      }),
    ],
  };
}

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

async function check(row: Case, { outputs, feeds }: Form): Promise<void> {
  const inputs: Input[] = [];
  const graph = outputs((name, shape, dtype) => {
    const made = new Input(name, shape, dtype);
    inputs.push(made);
    return made;
  });
  const names = Object.keys(graph);
  const values = new Map(feeds.map(({ name, data }) => [name, data]));
  const wanted = evaluate(Object.values(graph), {
    feeds: new Map(inputs.map((input) => [input, values.get(input.name) as readonly number[]])),
    seed: 5,
  });
  const fed = Object.fromEntries(feeds.map(({ name, shape, data }) => [name, { data, shape }]));
  const found: Record<string, Values>[] = [];
  for (const runtime of runtimes) {
    // Traced anew: inputs belong to their program.
    const program = runtime.compile(({ input }) => ({ outputs: outputs(input) }), row.group && { group: row.group });
    found.push(await program.run(fed, { seed: 5 }));
  }
  names.forEach((name, i) => {
    compare(name, found[0][name].data, wanted[i], row.tolerance ?? defaultTolerance);
    for (let other = 1; other < found.length; other++) {
      const [one, more] = [found[0][name].data, found[other][name].data].map(
        (data) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
      );
      if (Buffer.compare(one, more) !== 0)
        throw new Error(`${name}: the bits differ between ${buildOf(runtimes[0])} and ${buildOf(runtimes[other])}`);
    }
  });
}

const buildOf = ({ info }: Runtime) => `${info.build} on ${info.lanes} lanes`;

async function checkAll(row: Case, form: (row: Case, instance: Instance) => Form): Promise<void> {
  for (const instance of instancesOf(row, "large")) {
    try {
      await check(row, form(row, instance));
    } catch (error) {
      const shapes = instance.inputs.map(({ name, shape }) => `${name} [${shape}]`).join(", ");
      throw new Error(`build ${instance.index}, ${shapes}: ${(error as Error).message}`, { cause: error });
    }
  }
}

describe.each(cases)("$name", (row) => {
  test("agrees with the reference, the same bits for 1, 2 and 3 lanes", () => checkAll(row, fedForm));
  test("does so where the program computes its inputs itself", () => checkAll(row, computedForm));
});

test("the runtimes have the lanes they were asked for", () => {
  expect(runtimes.slice(0, laneCounts.length).map(({ info }) => info.lanes)).toEqual(laneCounts);
  if (asked) expect(runtimes.map(({ info }) => info.build.startsWith("wide"))).toEqual([true, true, true, false]);
});
