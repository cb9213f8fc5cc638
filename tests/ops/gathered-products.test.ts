/** Products of gathered rows: the table is multiplied and the result gathered, where that is less arithmetic. */
import { expect, test } from "vitest";
import { createRuntime } from "#src/index";
import { evaluate } from "#src/graph/reference";
import { commandsOf } from "#src/graph/command";
import type { Tensor } from "#src/graph/tensor";
import { Variable } from "#src/graph/variable";
import { gradient } from "#src/ops/differentiate";
import { add, tanh } from "#src/ops/elementwise";
import { cast, gather } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { matmul } from "#src/ops/matmul";
import { sum } from "#src/ops/reduction";

const numbers = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i * i + 1));
const table = new Variable({ name: "table", shape: [5, 40], data: numbers(200) });
const weight = new Variable({ name: "weight", shape: [40, 24], data: numbers(960) });
/** Indices of any sign, also outside the table. */
const indices = (count: number) =>
  cast(
    literal(
      Float32Array.from({ length: count }, (_, i) => (i % 8) - 1),
      [count],
    ),
    "i32",
  );

/** The same rows, which `matmul` cannot recognise. */
const hidden = (x: Tensor) => add(x, literal(new Float32Array(x.size), x.shape));

async function run(y: Tensor) {
  const runtime = await createRuntime({ threads: 1 });
  const outputs = { y, ...Object.fromEntries(gradient(sum(tanh(y)), [table, weight]).map((g, i) => [`g${i}`, g])) };
  const program = runtime.compile(() => ({ outputs }));
  const values = await program.run();
  const labels = commandsOf(program.compiled().waves).map(({ label }) => label);
  await runtime.close();
  return { values, labels, reference: evaluate(Object.values(outputs)) };
}

test("more indices than twice the table's rows: the table is multiplied, with the same bits", async () => {
  const rows = gather(table, indices(60));
  const found = await run(matmul(rows, weight));
  const plain = await run(matmul(hidden(rows), weight));
  const products = (labels: readonly string[]) => labels.filter((label) => label.startsWith("matmul")).join();
  expect(products(found.labels)).not.toContain("60");
  expect(products(plain.labels)).toContain("60x40x24");
  expect(found.values.y.data).toEqual(plain.values.y.data);
  found.reference.forEach((one, i) => {
    for (const [k, value] of plain.reference[i].entries()) expect(Math.abs(one[k] - value)).toBeLessThan(1e-10);
  });
});

test.each([
  ["few indices", () => gather(table, indices(9))],
  ["scaled rows", () => gather(table, indices(60), { scale: 2 })],
  ["shifted rows", () => gather(table, indices(60), { shift: 1 })],
])("%s are multiplied as they are", async (_, rows) => {
  const y = matmul(rows(), weight);
  const [found] = evaluate([y]);
  const [wanted] = evaluate([matmul(hidden(rows()), weight)]);
  expect(y.op.name).toBe("matmul");
  expect(found).toEqual(wanted);
});

test("an error names the shape of the gathered rows", () => {
  expect(() => matmul(gather(table, indices(60)), numbersOf(7))).toThrow("[60, 40] x [7, 24]");
});

const numbersOf = (rows: number) => literal(numbers(rows * 24), [rows, 24]);
