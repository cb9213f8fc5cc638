/** Which commands are invariant, and what is kept of them. */
import { expect, test } from "vitest";
import {
  add,
  broadcastTo,
  concat,
  constant,
  conv2d,
  exp,
  matmul,
  mul,
  randomNormal,
  scan,
  sum,
  type Tensor,
  transpose,
  variable,
} from "#binding";
import { Opcode } from "#assembly/opcode";
import { type Compiled, type CompiledOutput, compile } from "#src/compile/compile";
import { findInvariant } from "#src/compile/invariant";
import type { Command } from "#src/graph/command";
import { rootOf, type Storage, storage } from "#src/graph/storage";
import { Input } from "#src/graph/tensor";
import type { Variable } from "#src/graph/variable";

const w = variable({ name: "w", shape: [16, 16] });
const x = new Input("x", [16, 16], "f32");

function compiled(y: Tensor, updates: [Variable, Tensor][] = [], fuse = true): Compiled {
  return compile({ outputs: { y }, updates: new Map(updates), streams: 0, checks: [], fuse });
}

/** Opcodes' labels without shapes, of the invariant commands. */
const labels = (one: Compiled) =>
  [...(one.invariant?.commands ?? [])].map(({ label }) => label.replace(/ \[.*/, "")).sort();

test("what depends on variables alone is invariant, what an input or the clock enters is not", () => {
  expect(labels(compiled(matmul(x, exp(w))))).toEqual(["map exp"]);
  expect(labels(compiled(matmul(exp(x), w)))).toEqual([]);
  expect(labels(compiled(add(exp(w), randomNormal([16, 16]))))).toEqual([]);
  expect(labels(compiled(matmul(x, matmul(w, randomNormal([16, 16])))))).toEqual([]);
});

test("what depends on a variable that the program writes is not", () => {
  const other = variable({ name: "other", shape: [16, 16] });
  const y = matmul(matmul(x, exp(w)), transpose(exp(mul(other, 2))));
  expect(labels(compiled(y)).length).toBe(2);
  expect(labels(compiled(y, [[w, y]]))).toEqual(["map exp"]);
  expect(compiled(y, [[w, y]]).invariant?.variables).toEqual([other]);
  expect(labels(compiled(y, [[w, y], [other, y]]))).toEqual([]); // biome-ignore format: one row
});

test("loops, and memory that other commands write a part of, are not", () => {
  const { c } = scan({ length: 3, carries: { c: w } }, (carries) => ({ carries: { c: exp(carries.c) } })).carries;
  expect(labels(compiled(add(c, x)))).toEqual([]);
  expect(labels(compiled(exp(concat([exp(w), x], 0))))).not.toContain("concat");
});

test("what waits for a command that is not invariant is not", () => {
  const command = (reads: Storage[], after: Command[] = []): Command => ({
    opcode: Opcode.Copy,
    label: "",
    reads,
    writes: [storage("result", [1])],
    after,
    work: 0,
    flops: 0,
    shares: [],
    words(writer) {
      for (const one of reads) writer.place({ storage: one, offset: 0 });
    },
  });
  const first = command([storage("input", [1], { home: "static" })]);
  const second = command([storage("literal", [1], { home: "static", data: Float32Array.of(1) })]);
  const third = command([storage("literal", [1], { home: "static", data: Float32Array.of(1) })], [first]);
  const all = [first, second, third];
  expect(
    findInvariant(
      all,
      all.flatMap(({ writes }) => writes),
    )?.commands,
  ).toEqual(new Set([second]));
});

test("they come first, and only what others read is kept", () => {
  const filter = variable({ name: "filter", shape: [3, 3, 16, 16] });
  const images = new Input("images", [32, 16, 16, 16], "f32");
  const one = compiled(conv2d(images, mul(filter, exp(sum(filter))), { padding: 1 }));
  const { invariant, waves, plan, statics } = one;
  if (!invariant) throw new Error("nothing is invariant");
  const first = waves.slice(0, invariant.waves).flat();
  expect(new Set(first)).toEqual(invariant.commands);
  expect(labels(one)).toContain("winograd weights");
  const transformed = first.find(({ label }) => label.startsWith("winograd weights"));
  const [result] = transformed?.writes ?? [invariant.kept];
  expect([rootOf(result), result.bytes]).toEqual([invariant.kept, 4 * 4 * filter.size]);
  expect(statics).toContain(invariant.kept);
  // The product with the sum is read by the transformation alone.
  expect([...plan.offsets.keys()].map(({ label }) => label)).toContain("mul");
});

test("outputs are kept too", () => {
  const { invariant, outputs } = compiled(exp(w));
  const y = outputs.get("y") as CompiledOutput;
  expect(invariant?.kept).toBe(rootOf(y.place.storage));
});

test("what is much larger than its variables is computed in every step", () => {
  const bias = variable({ name: "bias", shape: [16] });
  const large = (rows: number) => matmul(new Input("a", [1, rows], "f32"), broadcastTo(exp(bias), [rows, 16]));
  expect(compiled(large(8)).invariant?.kept.bytes).toBe(512);
  const { invariant } = compiled(large(100_000));
  expect(invariant?.kept.bytes).toBe(64); // exp of the bias
});

test("an unfused program keeps nothing, nor does one without variables and constants", () => {
  expect(compiled(matmul(x, exp(w)), [], false).invariant).toBe(undefined);
  expect(compiled(exp(x)).invariant).toBe(undefined);
  expect(compiled(add(x, constant(1))).invariant).toBe(undefined);
});
