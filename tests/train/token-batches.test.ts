/** Batches of tokens in a step: whole numbers that a cast to i32 keeps, from memory and cut out of sequences. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRuntime, datasets, type Runtime } from "#binding";
import type { TrainingData } from "#src/data/training-data";
import { permutation } from "#src/numbers/philox";
import { orderStream } from "#src/numbers/streams";
import { cast, gather } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { batchFeed } from "#src/train/batch-feed";

let runtime: Runtime;

beforeAll(async () => {
  runtime = await createRuntime({ threads: 1 });
});

afterAll(() => runtime.close());

const [batchSize, seed, steps] = [4, 6, 3];
// Tokens up to 59,999, which f32 holds exactly.
const tokens = Array.from({ length: 30 }, (_, i) => (i * 7919) % 60_000);
const length = 5;
const starts = Array.from({ length: tokens.length - length + 1 }, (_, i) => i);
const windowAt = (start: number) => tokens.slice(start, start + length);

const held = (list: readonly number[], vocabulary: number) =>
  datasets.tokens({ records: starts.map((start) => list.slice(start, start + length)), vocabulary });
const cut = (list: readonly number[], vocabulary: number) =>
  datasets.windows({ sequences: [list], length, vocabulary });

/** The tokens of each step's batch, as i32. */
async function batchesOf(data: TrainingData): Promise<number[][]> {
  const feed = batchFeed(runtime, data, { batchSize, draws: 1, seed, steps });
  const { values } = feed.batches().next();
  const program = runtime.compile(() => ({ outputs: { tokens: cast(values, "i32") }, updates: feed.updates }));
  const found: number[][] = [];
  for (let step = 0; step < steps; step++) {
    await feed.ready(step, 1);
    found.push([...(await program.run({}, { seed, step })).tokens.data]);
  }
  feed.release();
  return found;
}

const order = (step: number) => permutation(batchSize, starts.length, { seed, step, stream: orderStream });

test("are the tokens of the records, in memory and as windows, of any vocabulary", async () => {
  const expected = [0, 1, 2].map((step) => [...order(step)].flatMap(windowAt));
  expect(await batchesOf(held(tokens, 60_000))).toEqual(expected);
  expect(await batchesOf(cut(tokens, 60_000))).toEqual(expected);
  const bytes = tokens.map((token) => token % 256);
  const small = expected.map((batch) => batch.map((token) => token % 256));
  expect(await batchesOf(held(bytes, 256))).toEqual(small);
  expect(await batchesOf(cut(bytes, 256))).toEqual(small);
});

test("index the rows of an embedding", async () => {
  const feed = batchFeed(
    runtime,
    cut(
      tokens.map((token) => token % 8),
      8,
    ),
    { batchSize, draws: 1, seed, steps },
  );
  const { values } = feed.batches().next();
  const table = literal(
    Float32Array.from({ length: 8 }, (_, i) => i / 4),
    [8, 1],
  );
  const program = runtime.compile(() => ({
    outputs: { rows: gather(table, cast(values, "i32")) },
    updates: feed.updates,
  }));
  await feed.ready(0, 1);
  const { rows } = await program.run({}, { seed, step: 0 });
  expect([...rows.data]).toEqual([...order(0)].flatMap(windowAt).map((token) => (token % 8) / 4));
  feed.release();
});
