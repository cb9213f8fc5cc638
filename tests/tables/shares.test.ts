/** Offsets of logits with which samples of rows have the shares of the data. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { add, createRuntime, gan, layers as L, mul, randomNormal, type Runtime, tableRows } from "#src/index";
import { fitShares, sharesOf } from "#src/train/fit-shares";
import { literal } from "#src/ops/literal";
import { conditionSpans, decodeTable, layoutOf, readTable } from "#src/domains/tables/index";
import type { Checkpoint } from "#src/train/checkpoint";
import { peopleCsv } from "./people.js";

const data = readTable(new TextEncoder().encode(peopleCsv(500)), { name: "people.csv" });
const columns = data.table?.columns ?? [];
const layout = layoutOf(columns);
const { spans, width } = layout;
let runtime: Runtime;
beforeAll(async () => {
  runtime = await createRuntime({ threads: 1, deterministic: true });
});
afterAll(() => runtime.close());

test("shares of the choices are means of the records", () => {
  const shares = sharesOf(data);
  let at = 0;
  for (const size of spans) {
    if (size > 1) expect(shares.subarray(at, at + size).reduce((a, b) => a + b)).toBeCloseTo(1, 6);
    at += size;
  }
});

test("the offsets give a generator of logits that vary the shares of the data", async () => {
  const target = sharesOf(data);
  const wrong = Float32Array.from({ length: width }, (_, k) => (k % 3) - 1);
  const output = (rows: number) => add(mul(randomNormal([rows, width]), 2), literal(wrong, [width]));
  const offsets = await fitShares(runtime, data, { spans, output }, 1);
  // Drawn with other random numbers, on the host: 50,000 rows.
  const found = new Float64Array(width);
  const rows = 1000;
  const program = runtime.compile(() => ({ outputs: { y: output(rows) } }), { streams: 7 });
  for (let step = 0; step < 50; step++) {
    const { y } = await program.run({}, { seed: 2, step });
    for (let row = 0; row < rows; row++) {
      let at = 0;
      for (const size of spans) {
        const logits = Array.from({ length: size }, (_, k) => y.data[row * width + at + k] + offsets[at + k]);
        const sum = logits.reduce((total, one) => total + Math.exp(one), 0);
        if (size > 1) logits.forEach((one, k) => (found[at + k] += Math.exp(one) / sum / rows / 50));
        at += size;
      }
    }
  }
  let at = 0;
  for (const size of spans) {
    for (let k = at; k < at + size; k++) {
      if (size === 1) expect(offsets[k]).toBe(0);
      else if (target[k] > 0) expect(Math.abs(found[k] - target[k])).toBeLessThan(0.01);
    }
    at += size;
  }
});

const rowsModel = () =>
  gan({
    latent: 4,
    classes: tableRows({ spans, conditions: conditionSpans(layout) }).classes,
    table: tableRows({ spans, conditions: conditionSpans(layout), shares: true }),
    generator: L.sequential(
      L.joinLabel(tableRows({ spans, conditions: conditionSpans(layout) }).classes, 3),
      L.dense(width),
    ),
    discriminator: L.dense(1),
    ema: 0.9,
  });

test("samples of a training's end have the shares of the data, though the generator has not", async () => {
  const training = rowsModel().train(runtime, data, { steps: 3, batchSize: 50, seed: 4 });
  await training.done;
  const { data: records } = await training.model.sample(4000, { seed: 1 });
  const { cells } = decodeTable(records, { name: "", columns });
  const share = (column: number, value: number) => cells[column].filter((cell) => cell === value).length / 4000;
  const real = decodeTable(data.records, { name: "", columns }).cells;
  for (const [column, value] of [
    [1, 0],
    [1, 2],
    [3, 1],
  ])
    expect(Math.abs(share(column, value) - real[column].filter((cell) => cell === value).length / 500)).toBeLessThan(
      0.04,
    );
});

test("a training that had ended and goes on has the bits of one that did not stop", async () => {
  const options = { batchSize: 50, seed: 4 } as const;
  const whole = await rowsModel().train(runtime, data, { ...options, steps: 4 }).done;
  const first = rowsModel().train(runtime, data, { ...options, steps: 2 });
  await first.done;
  const resume: Checkpoint = await first.checkpoint();
  const again = await rowsModel().train(runtime, data, { ...options, steps: 4, resume }).done;
  expect(again.weightHash).toBe(whole.weightHash);
});

test("shares must be a boolean", () =>
  expect(() => tableRows({ spans: [2], shares: 1 } as never)).toThrow(
    "tableRows: shares must be true or false, found 1",
  ));
