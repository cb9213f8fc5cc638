/** Offsets of logits and curves of values with which the columns of samples have the distributions of the data. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  add,
  createRuntime,
  gan,
  layers as L,
  likelihoods,
  mul,
  randomNormal,
  type Runtime,
  tableRows,
  vae,
} from "#src/index";
import { fitCurves, fitRows, sharesOf } from "#src/train/fit-rows";
import { evaluate } from "#src/graph/reference";
import type { Tensor } from "#src/graph/tensor";
import { curved, fittedShapes } from "#src/objectives/fitted-rows";
import { literal } from "#src/ops/literal";
import {
  conditionSpans,
  decodeTable,
  ksComplement,
  layoutOf,
  readTable,
  tvComplement,
} from "#src/domains/tables/index";
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
  const records = (logits: Tensor) => logits;
  const { offsets } = await fitRows(runtime, data, { spans, output, records }, 1);
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
        for (let k = 0; size > 1 && k < size; k++) found[at + k] += Math.exp(logits[k]) / sum / rows / 50;
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
    table: tableRows({ spans, conditions: conditionSpans(layout), fitted: true }),
    generator: L.sequential(
      L.joinLabel(tableRows({ spans, conditions: conditionSpans(layout) }).classes, 3),
      L.dense(width),
    ),
    discriminator: L.dense(1),
    ema: 0.9,
  });

test("values move along the curve of their choice, which is linear between its knots", () => {
  // A value with two choices, a value alone.
  const spans = [1, 2, 1];
  const { curves: shape } = fittedShapes(spans);
  expect(shape).toEqual([65, 3]);
  const curves = new Float32Array(65 * 3);
  // The first choice moves 0 by 0.25 and its neighbour 1/32 by 0.5; the second moves nothing; the value alone moves 1 by 0.5.
  curves[32 * 3] = 0.25;
  curves[33 * 3] = 0.5;
  curves[64 * 3 + 2] = 0.5;
  const records = [0, 1, 0, 1, 1 / 64, 1, 0, 0, 0, 0, 1, -1];
  const x = literal(Float32Array.from(records), [3, 4]);
  const [moved] = evaluate([curved(x, spans, literal(curves, shape))]);
  [0.25, 1, 0, 1, 1 / 64 + 0.375, 1, 0, 0, 0, 0, 1, -1].forEach((one, i) => {
    expect(moved[i]).toBeCloseTo(one, 6);
  });
});

test("curves give samples the quantiles of the data, for each choice; few values stay as they are", () => {
  const spans = [1, 2];
  const { curves: shape } = fittedShapes(spans);
  const curves = new Float32Array(shape[0] * shape[1]);
  const of = (count: number, value: (share: number) => number, choice: number) =>
    Array.from({ length: count }, (_, i) => [value((i + 0.5) / count), choice === 0 ? 1 : 0, choice]).flat();
  // Uniform in [0, 0.5] in the data, in [-1, 1] in samples; the second choice has too few.
  const wanted = [...of(1000, (share) => share / 2, 0), ...of(50, () => 0.9, 1)];
  const found = [...of(2000, (share) => 2 * share - 1, 0), ...of(500, (share) => share, 1)];
  fitCurves(curves, spans, [wanted], [found]);
  const x = literal(Float32Array.from(found), [2500, 3]);
  const [moved] = evaluate([curved(x, spans, literal(curves, shape))]);
  for (const share of [0.1, 0.33, 0.5, 0.9]) expect(moved[3 * Math.floor(2000 * share)]).toBeCloseTo(share / 2, 2);
  expect(moved[3 * 2100]).toBeCloseTo(found[3 * 2100], 6);
});

const rowsVae = () =>
  vae({
    latent: 4,
    encoder: L.dense(8),
    decoder: L.dense(width),
    likelihood: likelihoods.tabular({ spans, fitted: true }),
  });

describe.each([
  ["GAN", rowsModel],
  ["VAE", rowsVae],
] as const)("a %s", (_name, make) => {
  const options = { batchSize: 50, seed: 4 } as const;

  test("gives samples the distributions of the data in every column when its training ends", async () => {
    const training = make().train(runtime, data, { ...options, steps: 3 });
    await training.done;
    const { data: records } = await training.model.sample(4000, { seed: 1 });
    const samples = decodeTable(records, { name: "", columns });
    const real = decodeTable(data.records, { name: "", columns });
    // Two sets of 4,000 and 500 rows of one distribution: 0.96 and more in the mean over columns.
    expect(ksComplement(real, samples).value).toBeGreaterThan(0.93);
    expect(tvComplement(real, samples).value).toBeGreaterThan(0.93);
  });

  test("is fitted anew by a training that begins with a fitted model, whatever that had", async () => {
    const ends: string[] = [];
    for (const cleared of [false, true]) {
      const family = make();
      const first = family.train(runtime, data, { ...options, steps: 3 });
      await first.done;
      for (const one of family.finished ?? []) {
        expect((await runtime.read(one)).data.some((value) => value !== 0)).toBe(true);
        if (cleared) await runtime.write(one, new Float32Array(one.size));
      }
      ends.push((await first.model.train(data, { ...options, steps: 2 }).done).weightHash);
    }
    expect(ends[0]).toBe(ends[1]);
  });

  test("that had ended and goes on has the bits of one that did not stop", async () => {
    const whole = await make().train(runtime, data, { ...options, steps: 4 }).done;
    const first = make().train(runtime, data, { ...options, steps: 2 });
    await first.done;
    const resume: Checkpoint = await first.checkpoint();
    const again = await make().train(runtime, data, { ...options, steps: 4, resume }).done;
    expect(again.weightHash).toBe(whole.weightHash);
  });
});

test("fitted must be a boolean", () =>
  expect(() => tableRows({ spans: [2], fitted: 1 } as never)).toThrow(
    "tableRows: fitted must be true or false, found 1",
  ));
