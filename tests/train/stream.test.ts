/** Records that are read during training give the same bits as records in memory. */
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { binarisation, createRuntime, datasets, gan, layers as L, rbm, vae, withRange } from "#binding";
import type { Dataset } from "#src/data/index";
import { openDataset } from "#src/data/load";
import { closeData, type StreamedDataset, type TrainingData } from "#src/data/stream";
import { formatIdx } from "#src/data/formats/idx";
import { formatNpy } from "#src/data/formats/npy";
import type { Family } from "#src/train/family";
import type { Runtime } from "#src/host/runtime";
import type { Checkpoint } from "#src/train/checkpoint";
import { Training, type TrainOptions } from "#src/train/training";

const digits = datasets.digits({ count: 101, seed: 4 });
let folder: string;
let file: string;
let runtime: Runtime;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "genloom-stream-"));
  file = join(folder, "digits-idx3-ubyte");
  await writeFile(file, formatIdx({ data: digits.records as Uint8Array, shape: [101, 28, 28] }));
  runtime = await createRuntime({ threads: 1 });
});
afterAll(() => runtime.close());

/** The digits, read in blocks of the given number of bytes. */
const streamed = async (bufferBytes: number): Promise<StreamedDataset> =>
  Object.freeze({ ...((await openDataset(file, { stream: true })) as StreamedDataset), bufferBytes });

const dense = (units: number, ...shape: number[]) =>
  L.sequential(L.flatten(), L.dense(16), L.leakyRelu(), L.dense(units), L.reshape(...shape));
const unit = <D extends TrainingData>(data: D) => withRange(data, 0, 1);

const families: Readonly<Record<string, { make: () => Family; range: <D extends TrainingData>(data: D) => D }>> = {
  gan: {
    make: () =>
      gan({ latent: 4, generator: dense(784, 28, 28, 1), discriminator: dense(1, 1), discriminatorSteps: 2, ema: 0.9 }),
    range: (data) => data,
  },
  vae: {
    make: () =>
      vae({ latent: 2, encoder: dense(4, 4), decoder: dense(784, 784), binarisation: binarisation.dynamic() }),
    range: unit,
  },
  "vae of fixed bits": {
    make: () =>
      vae({
        latent: 2,
        encoder: dense(4, 4),
        decoder: dense(784, 784),
        binarisation: binarisation.static({ seed: 3 }),
      }),
    range: unit,
  },
  rbm: { make: () => rbm({ hidden: 8, persistent: true }), range: unit },
};

async function hash(family: Family, data: TrainingData, options: Partial<TrainOptions> = {}): Promise<string> {
  const training = new Training(family, runtime, data, { steps: 23, batchSize: 7, seed: 9, ...options });
  const { weightHash } = await training.done;
  await closeData(data);
  return weightHash;
}

describe.each(Object.entries(families))("%s", (_, { make, range }) => {
  // 784 bytes per record, 7 records per batch: blocks of one step, of some, of more than an epoch, of all steps.
  test.each([1, 40_000, 120_000, 10_000_000])(
    "read in blocks of %i bytes gives the same bits as in memory",
    async (bytes) => {
      const whole = await hash(make(), range(digits), { reportEvery: 23 });
      expect(await hash(make(), range(await streamed(bytes)))).toBe(whole);
    },
  );

  test("resumes from a checkpoint in the middle of a block", async () => {
    const whole = await hash(make(), range(digits));
    let saved: Checkpoint | undefined;
    const onCheckpoint = async (checkpoint: Checkpoint) => {
      if (checkpoint.step === 10) saved = checkpoint;
    };
    await hash(make(), range(await streamed(40_000)), { checkpointEvery: 10, onCheckpoint });
    expect(await hash(make(), range(await streamed(40_000)), { resume: saved as Checkpoint })).toBe(whole);
    expect(await hash(make(), range(digits), { resume: saved as Checkpoint })).toBe(whole);
  });
});

describe("sources", () => {
  const small = () => gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
  const points = datasets.ring({ count: 200 });

  test("f32 of a .npy file, and a Blob as in a browser", async () => {
    const bytes = formatNpy(points.records as Float32Array, [200, 2]);
    const data = await datasets.streamFile(new Blob([bytes as Uint8Array<ArrayBuffer>]));
    expect(data).toMatchObject({ dtype: "f32", count: 200, extent: points.extent, scale: 1, shift: 0 });
    expect(await hash(small(), data)).toBe(await hash(small(), points));
  });

  test("records are converted to images while they are read", async () => {
    const options = { images: { size: 32, channels: 3 as const, background: [9, 8, 7] as const } };
    const stream = await openDataset(file, { ...options, stream: true });
    const memory = (await openDataset(file, options)) as Dataset;
    const some = Int32Array.of(7, 100, 7);
    const found = await (stream as StreamedDataset).stream.read(some);
    expect(stream.shape).toEqual([32, 32, 3]);
    for (const [i, index] of some.entries())
      expect(found.subarray(i * 3072, (i + 1) * 3072)).toEqual(
        memory.records.subarray(index * 3072, (index + 1) * 3072),
      );
    await closeData(stream);
  });

  test("a custom source is prefetched, one block at a time", async () => {
    const asked: number[] = [];
    const values = points.records as Float32Array;
    const read = async (indices: Int32Array) => {
      asked.push(indices.length);
      return Float32Array.from({ length: 2 * indices.length }, (_, i) => values[2 * indices[i >> 1] + (i & 1)]);
    };
    const { extent } = points;
    const data = datasets.stream({ stream: { read }, count: 200, shape: [2], dtype: "f32", extent, bufferBytes: 560 });
    const training = new Training(small(), runtime, data, { steps: 23, batchSize: 7, seed: 9, reportEvery: 1 });
    const events = training[Symbol.asyncIterator]();
    await events.next();
    expect(asked).toEqual([70, 70]); // ten steps of this block, ten of the next
    while (!(await events.next()).done);
    expect(asked).toEqual([70, 70, 21]);
    expect((await training.done).weightHash).toBe(await hash(small(), points));
  });

  test("a source that fails ends training with its error", async () => {
    let calls = 0;
    const read = async (indices: Int32Array) => {
      if (++calls > 2) throw new Error("the disk is gone");
      return new Uint8Array(2 * indices.length);
    };
    const data = datasets.stream({ stream: { read }, count: 50, shape: [2], bufferBytes: 1 });
    await expect(hash(small(), data)).rejects.toThrow("the disk is gone");
  });

  test.each([
    ["packed", Uint8Array.of(0x1f, 0x8b, 8, 0), "a compressed file cannot be read in pieces"],
    ["of another kind", new TextEncoder().encode("1,2\n"), "only IDX and .npy files can be read in pieces"],
    [
      "cut short",
      Uint8Array.of(0, 0, 8, 2, 0, 0, 0, 9, 0, 0, 0, 9, 1),
      "truncated: by its header the elements of [9, 9]",
    ],
    ["not finite", formatNpy(Float32Array.of(1, Number.NaN), [2, 1]), "record 1, index 0: NaN is not a finite number"],
  ])("a file that is %s is rejected", async (_, bytes, message) => {
    const blob = new Blob([bytes as Uint8Array<ArrayBuffer>]);
    await expect(datasets.streamFile(blob, { name: "x" })).rejects.toThrow(message);
  });
});
