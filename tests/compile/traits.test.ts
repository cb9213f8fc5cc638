/**
 * An op record holds everything that the compiler knows about an operation: op records that are not part of genloom
 * compile, and each trait does what `Op` says, with and without fusion where that matters.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, type Runtime } from "#binding";
import { Micro } from "#assembly/opcode";
import { copyCommand, type Emission, whole } from "#src/graph/emission";
import { topologicalOrder } from "#src/graph/order";
import { constant } from "#src/ops/constant";
import { add, mul } from "#src/ops/elementwise";
import { literal } from "#src/ops/literal";
import { scan } from "#src/ops/scan";
import { assignStreams, evaluate } from "#src/graph/reference";
import { type Op, isRandom, Tensor } from "#src/graph/tensor";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});
afterAll(() => runtime.close());

/** Op record: every second element of a vector of even length. */
function emitHalf(emission: Emission<Tensor>): void {
  const { node, out, place } = emission;
  const input = { place: place(node.inputs[0]), start: 0, strides: [2] };
  copyCommand(emission, { label: "half", sizes: node.shape, out: whole(out, node.shape), input });
}

const half: Op = {
  name: "half",
  shape: ([x]) => [x.size / 2],
  gradient: null,
  evaluate: ([x]) => x.filter((_, i) => i % 2 === 0),
  lowering: { kind: "kernel", emit: emitHalf },
};

const numbers = () => literal([1, 2, 3, 4, 5, 6], [6]);
const node = (op: Op, x: Tensor, attributes = {}) => new Tensor(op, [x], attributes);

/** Labels of the program's commands, and its outputs. */
async function run(outputs: Record<string, Tensor>, fuse = true) {
  const program = runtime.compile(() => ({ outputs }), { fuse });
  const labels = program.compiled().waves.flatMap((wave) => wave.map(({ label }) => label));
  const values = await program.run();
  return { labels, values: Object.fromEntries(Object.entries(values).map(([name, { data }]) => [name, [...data]])) };
}

const count = (labels: readonly string[], what: string) => labels.filter((label) => label.startsWith(what)).length;

describe.each([true, false])("fuse: %s", (fuse) => {
  test("emit makes the commands", async () => {
    const y = node(half, numbers());
    const { labels, values } = await run({ y }, fuse);
    expect(values.y).toEqual([...evaluate([y])[0]]);
    expect(count(labels, "half")).toBe(1);
  });

  test("simplify replaces a node by another", async () => {
    const cheaper: Op = { ...half, simplify: ({ inputs: [x] }) => (x.size === 2 ? literal([7], [1]) : undefined) };
    const x = literal([1, 2], [2]);
    const { labels, values } = await run({ y: node(cheaper, x), z: node(cheaper, numbers()) }, fuse);
    expect(values).toEqual({ y: [7], z: [1, 3, 5] });
    expect(count(labels, "half")).toBe(1);
  });
});

test("equal nodes are merged, distinct ones are not", async () => {
  const commands = async (op: Op) => {
    const x = numbers();
    return count((await run({ a: add(node(op, x), 1), b: mul(node(op, x), 2) })).labels, "half");
  };
  expect(await commands(half)).toBe(1);
  expect(await commands({ ...half, distinct: true })).toBe(2);
  expect(await commands({ ...half, random: true })).toBe(2);
});

test("random nodes have streams, also in the bodies of loops", () => {
  const x = numbers();
  const [plain, drawn] = [node(half, x), node({ ...half, random: true }, x)];
  let within: Tensor | undefined;
  const { outputs } = scan({ length: 2 }, () => {
    within = node({ ...half, random: true }, literal([1, 2], [2]));
    return { outputs: { within } };
  });
  expect([x, plain, drawn, outputs.within].map(isRandom)).toEqual([false, false, true, false]);
  const streams = assignStreams(topologicalOrder([plain, drawn, outputs.within]), 5);
  expect([...streams.values()]).toEqual([5, 6]);
  expect(streams.get(drawn)).toBe(5);
});

test("an alias is read in its input's memory, and has a command only without fusion", async () => {
  const last: Op = {
    ...half,
    name: "last",
    shape: () => [2],
    evaluate: ([x]) => x.slice(-2),
    alias: ({ inputs: [x] }) => x.size - 2,
    lowering: {
      kind: "kernel",
      emit(emission) {
        const input = { place: emission.place(emission.node.inputs[0]), start: 4, strides: [1] };
        copyCommand(emission, { label: "last", sizes: [2], out: whole(emission.out, [2]), input });
      },
    },
  };
  for (const fuse of [true, false]) {
    const { labels, values } = await run({ y: mul(node(last, numbers()), 10) }, fuse);
    expect(values.y).toEqual([50, 60]);
    expect(count(labels, "last")).toBe(fuse ? 0 : 1);
  }
});

test("an exact operation on constants is computed by the compiler, any other by its kernel", async () => {
  const doubled = (traits: Partial<Op>): Op => ({
    ...half,
    name: "doubled",
    shape: ([x]) => x.shape,
    evaluate: ([x]) => x.map((value) => value + value),
    lowering: { kind: "map", micro: () => ({ op: Micro.Square }), cost: 1 },
    ...traits,
  });
  // The kernel squares, so the values show who computed them.
  expect((await run({ y: node(doubled({ exact: true }), constant(3)) })).values.y).toEqual([6]);
  expect((await run({ y: node(doubled({}), constant(3)) })).values.y).toEqual([9]);
});

test("operations that accept an epilogue or a front get them", async () => {
  const seen: string[] = [];
  const watch = (traits: { epilogue?: true; front?: true }): Op => ({
    ...half,
    lowering: {
      kind: "kernel",
      ...traits,
      emit(emission) {
        seen.push(emission.epilogue ? "epilogue" : "none");
        emitHalf(emission);
        // The command would have to apply the epilogue; here it is only inspected.
      },
    },
  });
  const x = numbers();
  const compile = (op: Op) => runtime.compile(() => ({ outputs: { y: mul(node(op, x), 3) } })).compiled();
  const maps = (op: Op) =>
    count(
      compile(op)
        .waves.flat()
        .map(({ label }) => label),
      "map",
    );
  expect(maps(watch({}))).toBe(1);
  expect(maps(watch({ epilogue: true }))).toBe(0);
  expect(seen.at(0)).toBe("none");
  expect(seen.at(-1)).toBe("epilogue");
  const into = (op: Op) => runtime.compile(() => ({ outputs: { y: node(op, mul(x, 3)) } })).compiled();
  const stored = (op: Op) =>
    count(
      into(op)
        .waves.flat()
        .map(({ label }) => label),
      "map",
    );
  expect(stored(watch({}))).toBe(1);
  expect(stored({ ...half, lowering: { kind: "kernel", front: true, emit: emitFront } })).toBe(0);
});

/** Reads the map descriptor of its front, like a reduction. */
function emitFront(emission: Emission<Tensor>): void {
  const { micros, reads } = emission.front(emission.node.inputs[0]);
  expect(micros).toBe(1);
  const input = { place: reads[0], start: 0, strides: [2] };
  copyCommand(emission, { label: "front", sizes: emission.node.shape, out: whole(emission.out, [3]), input });
}
