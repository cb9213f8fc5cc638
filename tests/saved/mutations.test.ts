/**
 * 10,000 damaged saved models and 10,000 damaged run folders: each is loaded as if it were whole, or refused with an error
 * of genloom's own; never is something else loaded, and nothing hangs. `GENLOOM_MUTATIONS=N` changes their number,
 * `GENLOOM_MUTATIONS_SEED` the damage.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, gan, layers as L, load } from "#binding";
import { GenloomError } from "#src/errors";
import { type Checkpoint, copyOf } from "#src/train/checkpoint";
import { RunFolder } from "#src/train/run-folder";
import { type ReadModel, readModel, writeModel } from "#src/train/saved-model";
import { families, trainings } from "./models.js";
import { damagedBytes, damagedJson, damagedJsonFile, damagedSafetensors, randomOf } from "./mutations.js";

const count = Number(process.env.GENLOOM_MUTATIONS ?? 10_000);
const seed = Number(process.env.GENLOOM_MUTATIONS_SEED ?? 1);

/** Longest time of one case in milliseconds: a hang, or work that grows with a number in the file. */
const longest = 2000;

const runtime = await createRuntime({ threads: 1, deterministic: true });
afterAll(() => runtime.close());

/** An outcome that compares by contents: typed arrays as bytes, so that -0 and NaN are told apart. */
const contentsOf = ({ tensors, ...rest }: Pick<ReadModel, "tensors"> | Checkpoint) =>
  JSON.stringify([
    rest,
    [...tensors]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, { data, shape }]) => [
        name,
        shape,
        data.constructor.name,
        Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString("base64"),
      ]),
  ]);

interface Tally {
  same: number;
  readonly codes: Map<string, number>;
}

/** Runs one case. Throws if it takes long, or fails with an error that is not genloom's own. */
async function outcome(tally: Tally, what: string, task: () => Promise<boolean>): Promise<void> {
  const begin = performance.now();
  try {
    if (!(await task())) throw new Error("something else was loaded");
    tally.same++;
  } catch (error) {
    if (!(error instanceof GenloomError)) throw new Error(`${what}: ${error instanceof Error ? error.stack : error}`);
    tally.codes.set(error.code, (tally.codes.get(error.code) ?? 0) + 1);
  }
  const took = performance.now() - begin;
  if (took > longest) throw new Error(`${what}: took ${took} ms`);
}

describe("saved models", () => {
  const files: Uint8Array[] = [];
  beforeAll(async () => {
    for (const family of families) files.push(await (await trainings[family](runtime)).save());
  });

  test(`${count} damaged files`, async () => {
    const random = randomOf(seed);
    const tally: Tally = { same: 0, codes: new Map() };
    const whole = await Promise.all(files.map(async (file) => contentsOf(await readModel(file))));
    for (let i = 0; i < count; i++) {
      const which = i % files.length;
      const { what, bytes } = damagedSafetensors(files[which], random);
      await outcome(tally, `case ${i} of seed ${seed}, ${families[which]}, ${what}`, async () => {
        const model = await load(runtime, bytes);
        model.release();
        return contentsOf(await readModel(bytes)) === whole[which];
      });
    }
    const refused = [...tally.codes.values()].reduce((sum, one) => sum + one, 0);
    expect(tally.same + refused).toBe(count);
    expect(tally.same).toBeLessThan(count / 5);
    for (const code of ["ERR_FILE_CORRUPT", "ERR_FILE_TRUNCATED", "ERR_FILE_FORMAT"])
      expect(tally.codes.get(code), code).toBeGreaterThan(0);
  });

  test(`${count / 10} files that say something else, with a right digest: loaded, or refused with a reason`, async () => {
    const random = randomOf(seed + 1);
    const tally: Tally = { same: 0, codes: new Map() };
    for (let i = 0; i < count / 10; i++) {
      const which = i % files.length;
      const { config, data, tensors } = await readModel(files[which]);
      const { what, value } = damagedJson({ config, data }, random);
      const other = { config, data, ...(value as object), tensors };
      await outcome(tally, `case ${i} of seed ${seed + 1}, ${families[which]}, ${what}`, async () => {
        const bytes = await writeModel(other as never).catch(() => undefined);
        if (bytes) (await load(runtime, bytes)).release();
        return true;
      });
    }
    expect(tally.codes.get("ERR_FILE_CORRUPT")).toBeGreaterThan(count / 40);
  });
});

describe("run folders", () => {
  const folder = join(mkdtempSync(join(tmpdir(), "genloom-mutations-")), "run");
  const whole = new Map<number, string>();
  let settings = "";

  beforeAll(async () => {
    const model = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1), ema: 0.9 });
    const ring = datasets.ring({ count: 64 });
    const { name, shape, scale, shift, extent } = ring;
    const run = await RunFolder.create(folder, {
      ...{ model: "gan", preset: "none", steps: 9, batchSize: 8, seed: 4, deterministic: true, saveEvery: 3, keep: 3 },
      data: { source: "ring", name, count: 64, shape, scale, shift, extent, sha256: "0f" },
      config: JSON.parse(JSON.stringify(model.config)),
    });
    const saved: Checkpoint[] = [];
    const options = { steps: 9, batchSize: 8, seed: 4, checkpointEvery: 3, historyEvery: 3 };
    const onCheckpoint = async (checkpoint: Checkpoint) => {
      saved.push({ ...checkpoint, tensors: copyOf(checkpoint.tensors) });
    };
    await model.train(runtime, ring, { ...options, onCheckpoint }).done;
    for (const one of saved) await run.saveCheckpoint(one);
    await run.rewriteMetrics(saved.at(-1)?.history ?? []);
    await run.writeSample(9, new Uint8Array(50));
    const opened = await RunFolder.open(folder);
    settings = JSON.stringify(opened.settings);
    for (const step of await opened.steps()) whole.set(step, contentsOf(await opened.loadCheckpoint(step)));
  });

  /** Whether the folder gives what it gave when it was whole, for the newest checkpoint and for one that is asked for. */
  const isWhole = async (step: number | undefined) => {
    const run = await RunFolder.open(folder);
    const found = await run.loadCheckpoint(step);
    return JSON.stringify(run.settings) === settings && contentsOf(found) === whole.get(found.step);
  };

  test(`${count} damaged folders`, async () => {
    expect([...whole.keys()]).toEqual([3, 6, 9]);
    expect(await isWhole(undefined)).toBe(true);
    const random = randomOf(seed + 2);
    const tally: Tally = { same: 0, codes: new Map() };
    const names = [
      ...["config.json", "config.json", "metrics.jsonl", "samples/step-00000009.png"],
      ...readdirSync(join(folder, "checkpoints")).map((one) => `checkpoints/${one}`),
    ];
    const bytesOf = new Map(names.map((name) => [name, new Uint8Array(readFileSync(join(folder, name)))]));
    const pick = () => names[Math.floor(random() * names.length)];
    for (let i = 0; i < count; i++) {
      const name = pick();
      const path = join(folder, name);
      const kind = random();
      const changed = new Set([name]);
      let what: string;
      if (kind < 0.8) {
        const bytes = bytesOf.get(name) as Uint8Array;
        const damage = (
          name.endsWith(".safetensors") ? damagedSafetensors : name === "config.json" ? damagedJsonFile : damagedBytes
        )(bytes, random);
        what = damage.what;
        writeFileSync(path, damage.bytes);
      } else if (kind < 0.9) {
        const other = pick();
        what = `exchanged with ${other}`;
        changed.add(other);
        const kept = bytesOf.get(name) as Uint8Array;
        writeFileSync(path, bytesOf.get(other) as Uint8Array);
        writeFileSync(join(folder, other), kept);
      } else if (kind < 0.95) {
        const to = [
          "checkpoints/step-00000012.safetensors",
          "checkpoints/step-6.safetensors",
          `${name}.old`,
          "config.jsonx",
        ];
        const other = to[Math.floor(random() * to.length)];
        what = `renamed to ${other}`;
        changed.add(other);
        renameSync(path, join(folder, other));
      } else if (kind < 0.98) {
        what = "removed";
        rmSync(path);
      } else {
        what = "a folder in its place";
        rmSync(path);
        mkdirSync(path);
      }
      const step = random() < 0.5 ? undefined : [3, 6, 9][Math.floor(random() * 3)];
      await outcome(tally, `case ${i} of seed ${seed + 2}, ${name} ${what}, step ${step}`, () => isWhole(step));
      for (const one of changed) {
        if (existsSync(join(folder, one))) rmSync(join(folder, one), { recursive: true });
        const bytes = bytesOf.get(one);
        if (bytes) writeFileSync(join(folder, one), bytes);
      }
    }
    expect(await isWhole(undefined)).toBe(true);
    const refused = [...tally.codes.values()].reduce((sum, one) => sum + one, 0);
    expect(tally.same + refused).toBe(count);
    // Previews and metrics are not loaded, and a damaged checkpoint matters only to who asks for it.
    expect(refused).toBeGreaterThan(count / 4);
    for (const code of ["ERR_FILE_CORRUPT", "ERR_FILE_TRUNCATED", "ERR_FILE_NOT_FOUND", "ERR_FILE_FORMAT"])
      expect(tally.codes.get(code), code).toBeGreaterThan(0);
  });
});
