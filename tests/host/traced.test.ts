/** Validation of a traced function's result and of its inputs: errors with rule and value. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { add, constant, createRuntime, type Runtime, type Traced, variable } from "#binding";

let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

const x = constant(3);
const w = variable({ name: "w", shape: [] });

test.each<[string, () => unknown, string]>([
  ["a tensor", () => x, "p: a traced function must return { outputs, updates, checks }, found a Tensor"],
  ["nothing", () => undefined, "p: a traced function must return { outputs, updates, checks }, found undefined"],
  ["a promise", async () => ({}), "found a Promise; a traced function must not be async"],
  [
    "an unknown part",
    () => ({ output: x }),
    'p: unknown option "output"; did you mean "outputs"? known options: outputs, updates, checks',
  ],
  ["a tensor as outputs", () => ({ outputs: x }), "p: outputs must be tensors by name, { y: … }, found a Tensor"],
  ["a list of outputs", () => ({ outputs: [x] }), "p: outputs must be tensors by name, { y: … }, found [a Tensor]"],
  ["a number as output", () => ({ outputs: { y: 3 } }), "p: output y must be a tensor, found 3; constant(3) makes one"],
  ["no output", () => ({ outputs: { y: undefined } }), "p: output y must be a tensor, found undefined"],
  [
    "an object of updates",
    () => ({ updates: { w: x } }),
    "p: updates must be a Map from variables to their next values",
  ],
  [
    "an update of a constant",
    () => ({ updates: new Map([[x, x]]) }),
    "p: what is updated must be a variable, found a Tensor",
  ],
  ["an update by a number", () => ({ updates: new Map([[w, 1]]) }), "p: the next value of w must be a tensor, found 1"],
  ["a tensor as checks", () => ({ checks: x }), 'p: checks must be an array of tensors or "all", found a Tensor'],
  ["checks of names", () => ({ checks: ["y"] }), 'p: each check must be a tensor, found "y"'],
])("%s", (_name, build, message) => {
  const compile = () => runtime.compile(build as () => Traced, { name: "p" });
  expect(compile).toThrow(TypeError);
  expect(compile).toThrow(message);
});

test.each<[unknown, unknown, string]>([
  ["x", 4, "p: input x: shape must be a list of axis lengths, found 4"],
  ["x", [1.5], "p: input x: axis lengths must be integers >= 0, found [1.5]"],
  ["x", ["2"], "p: input x: axis lengths must be integers >= 0, found [2]"],
  [[2], [2], "p: an input's name must be a string, found [2]"],
])("input(%j, %j)", (name, shape, message) => {
  const build = ({ input }: { input(name: never, shape: never): unknown }) => ({
    outputs: { y: input(name as never, shape as never) },
  });
  expect(() => runtime.compile(build as never, { name: "p" })).toThrow(message);
});

test("valid outputs, updates and checks are compiled", async () => {
  const y = add(w, 1);
  const program = runtime.compile(() => ({ outputs: { y }, updates: new Map([[w, y]]), checks: [y] }));
  expect((await program.run()).y.item()).toBe(1);
});
