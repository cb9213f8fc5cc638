/** Saved models: what is saved is what is loaded, wherever it lies, in any number of lanes and in another process. */
import { execFile } from "node:child_process";
import { copyFileSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { runInNewContext } from "node:vm";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, gan, layers as L, load, readSafetensors, vae, writeSafetensors } from "#binding";
import { GenloomError } from "#src/errors";
import { readModel, writeModel } from "#src/train/saved-model";
import type { TrainedModel } from "#src/train/trained";
import { families, samplesOf, trainings } from "./models.js";

const deterministic = { threads: 1, deterministic: true } as const;
const runtime = await createRuntime(deterministic);
afterAll(() => runtime.close());

const folder = mkdtempSync(join(tmpdir(), "genloom-saved-"));
const files: Record<string, Uint8Array<ArrayBuffer>> = {};
const models: Record<string, TrainedModel> = {};
const samples: Record<string, number[]> = {};
beforeAll(async () => {
  for (const family of families) {
    const model = await trainings[family](runtime);
    models[family] = model;
    files[family] = await model.save();
    samples[family] = await samplesOf(model);
    writeFileSync(join(folder, `${family}.safetensors`), files[family]);
  }
});

/** What a process of a user's own makes of a file. */
const inProcess = async (file: string, ...args: string[]) =>
  JSON.parse(
    (await promisify(execFile)(process.execPath, [fileURLToPath(new URL("sample.js", import.meta.url)), file, ...args]))
      .stdout,
  );

describe.each(families)("a saved %s", (family) => {
  test("samples with the same bits in a new runtime, and knows its data", async () => {
    const other = await createRuntime(deterministic);
    const loaded = await load(other, files[family]);
    expect(loaded.family.kind).toBe(family);
    expect(loaded.data).toEqual(models[family].data);
    expect(loaded.family.config).toEqual(JSON.parse(JSON.stringify(models[family].family.config)));
    expect(await samplesOf(loaded)).toEqual(samples[family]);
    await other.close();
  });

  test.each([1, 2, 3])("samples with the same bits in another process of %s lanes", async (lanes) => {
    expect(await inProcess(join(folder, `${family}.safetensors`), String(lanes))).toEqual({
      kind: family,
      samples: samples[family],
    });
  });

  test("is saved again with the same bytes, and so is the model a second time", async () => {
    expect(await (await load(runtime, files[family])).save()).toEqual(files[family]);
    expect(await models[family].save()).toEqual(files[family]);
  });

  test("has all networks, and nothing of the training alone", async () => {
    const { tensors, training } = await readModel(files[family]);
    const networks = {
      gan: ["discriminator", "ema", "generator"],
      vae: ["decoder", "encoder", "likelihood"],
      rbm: ["rbm"],
    }[family];
    const names = [...tensors.keys()].filter((name) => name !== "optimizer/ema/step");
    expect([...new Set(names.map((name) => name.split("/")[0]))].sort()).toEqual(networks);
    expect(tensors.has("rbm/chains")).toBe(false);
    expect(training).toBeUndefined();
  });
});

test("each source gives the same model", async () => {
  const { gan: bytes } = files;
  const file = join(folder, "gan.safetensors");
  // A view in the middle of a larger buffer, as a Buffer of Node is.
  const larger = new Uint8Array(bytes.length + 9);
  larger.set(bytes, 5);
  const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
  shared.set(bytes);
  const sources = [
    shared as Uint8Array,
    runInNewContext("bytes.slice().buffer", { bytes: runInNewContext("Uint8Array").from(bytes) }) as ArrayBuffer,
    larger.subarray(5, 5 + bytes.length),
    bytes.buffer,
    new Blob([bytes]),
    new File([bytes], "gan.safetensors"),
    new Response(bytes),
    file,
    pathToFileURL(file),
    pathToFileURL(file).href,
    Promise.resolve(bytes),
    `data:application/octet-stream;base64,${Buffer.from(bytes).toString("base64")}`,
  ];
  for (const source of sources) expect(await samplesOf(await load(runtime, source))).toEqual(samples.gan);
});

describe("errors", () => {
  const failed = async (source: unknown, of = runtime, options = {}): Promise<GenloomError> => {
    const error = await load(of, source as never, options).then(
      () => new Error("no error"),
      (found: unknown) => found,
    );
    expect(error).toBeInstanceOf(GenloomError);
    return error as GenloomError;
  };
  const edited = (change: (metadata: Record<string, string>, tensors: Map<string, never>) => void) => {
    const { tensors, metadata } = readSafetensors(files.gan);
    const [texts, arrays] = [{ ...metadata }, new Map(tensors) as Map<string, never>];
    change(texts, arrays);
    return writeSafetensors(arrays, texts);
  };

  test("name the source, and say what is wrong", async () => {
    const cases: readonly (readonly [source: unknown, code: string, message: RegExp])[] = [
      [files.gan.subarray(0, 1000), "ERR_FILE_TRUNCATED", /^saved model: truncated/],
      [new Uint8Array(0), "ERR_FILE_EMPTY", /^saved model: empty/],
      [new File([files.gan.subarray(0, 99)], "cut.safetensors"), "ERR_FILE_TRUNCATED", /^cut\.safetensors: truncated/],
      [join(folder, "none.safetensors"), "ERR_FILE_NOT_FOUND", /none\.safetensors: no such file/],
      [folder, "ERR_FILE_NOT_FOUND", /not a run: it has no config\.json/],
      [new Response("", { status: 404, statusText: "Not Found" }), "ERR_FILE_NOT_FOUND", /^the response: .* 404 Not/],
      [writeSafetensors(new Map()), "ERR_FILE_FORMAT", /not a saved model: its metadata have no entry "genloom"/],
      [edited((texts) => delete texts.sha256), "ERR_FILE_CORRUPT", /no entry sha256/],
      [edited((texts) => (texts.more = "1")), "ERR_FILE_CORRUPT", /SHA-256 differs/],
      [edited((_, arrays) => arrays.delete("generator/0/bias")), "ERR_FILE_CORRUPT", /SHA-256 differs/],
    ];
    for (const [source, code, message] of cases)
      expect(await failed(source)).toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test("of other files than saved models say so, with a hint", async () => {
    expect(await failed(writeSafetensors(new Map(), { step: "10" }))).toMatchObject({
      code: "ERR_FILE_FORMAT",
      hint: expect.stringContaining("give its run folder"),
    });
    const future = JSON.stringify({ format: "genloom-model", version: 2, genloom: "7.0.0" });
    expect(await failed(edited((texts) => (texts.genloom = future)))).toMatchObject({
      code: "ERR_FILE_FORMAT",
      message:
        "saved model: written in version 2 of the format, by genloom 7.0.0; this genloom, 0.1.0, knows version 1",
      hint: "update genloom",
    });
  });

  test.each([
    [
      "an array that belongs to no variable",
      (all: Map<string, never>) => all.set("more", all.get("discriminator/3/bias")!),
      /has no variable more/,
    ],
    [
      "a variable without an array",
      (all: Map<string, never>) => all.delete("discriminator/3/bias"),
      /discriminator\/3\/bias is missing/,
    ],
    [
      "an array of another shape",
      (all: Map<string, never>) => all.set("discriminator/3/bias", all.get("generator/0/bias")!),
      /must have shape \[1\], found \[16\]/,
    ],
  ])("%s is refused, although its digest is right", async (_, change, message) => {
    const { tensors, ...rest } = await readModel(files.gan);
    const arrays = new Map(tensors) as Map<string, never>;
    change(arrays);
    expect(await failed(await writeModel({ ...rest, tensors: arrays }))).toMatchObject({
      name: "BadFileError",
      message: expect.stringMatching(message),
    });
  });

  test("a text that says something else is refused, although its digest is right", async () => {
    const { config, data, tensors } = await readModel(files.gan);
    const wrong = [
      [{ config: { ...config, kind: "gam" } }, /unknown kind "gam"; did you mean "gan"\?/],
      [{ config: { ...config, latent: 0.5 } }, /latent must be an integer >= 1, found 0\.5/],
      [{ config: { ...config, more: 1 } }, /unknown option "more"/],
      [{ data: { ...data, shape: [9] } }, /its model does not fit its records/],
      [{ data: { ...data, shape: [8, 8, 0] } }, /data\.shape must be a list of integers >= 1/],
      [
        { data: { ...data, range: { scale: 0, shift: 0 } } },
        /data\.range\.scale must be a finite number except 0, found 0/,
      ],
      [{ data: { ...data, more: 1 } }, /unknown field "data\.more"/],
    ] as const;
    for (const [other, message] of wrong)
      expect(await failed(await writeModel({ config, data, tensors, ...other } as never))).toMatchObject({
        code: "ERR_FILE_CORRUPT",
        message: expect.stringMatching(message),
      });
  });

  test("another family than the one that was asked for is named", async () => {
    expect(await failed(files.vae, runtime, { kind: "rbm" })).toMatchObject({
      message: 'saved model: the model must be of kind "rbm", found "vae"',
    });
    expect((await load(runtime, files.vae, { kind: "vae" })).data.name).toBe("people.csv");
  });

  test("wrong arguments are TypeErrors", async () => {
    await expect(load(files.gan as never, files.gan)).rejects.toThrow(/^load: the first argument must be a runtime/);
    for (const source of [undefined, null, 5, {}, []])
      await expect(load(runtime, source as never)).rejects.toThrow(/^load: source must be a Uint8Array, .* found /);
  });

  test("leave the runtime as it was", async () => {
    const other = await createRuntime({ ...deterministic, memory: 2 ** 24 });
    const use = () => other.exclusive(async () => other.heap.use);
    const before = await use();
    const { tensors, ...rest } = await readModel(files.gan);
    const arrays = new Map(tensors);
    arrays.delete([...arrays.keys()].at(-1) as string);
    await failed(await writeModel({ ...rest, tensors: arrays }), other);
    expect(await use()).toEqual(before);
    // A model for which there is no room: two thirds of its values would fit.
    const large = gan({
      latent: 2,
      generator: L.sequential(L.dense(3_000_000), L.dense(1)),
      discriminator: L.dense(1),
    });
    const roomy = await createRuntime(deterministic);
    const training = large.train(roomy, datasets.from({ records: new Float32Array(4), shape: [1] }), { steps: 1 });
    await training.done;
    const bytes = await training.model.save();
    await roomy.close();
    expect((await failed(bytes, other)).code).toBe("ERR_OUT_OF_MEMORY");
    expect(await use()).toEqual(before);
    expect(await samplesOf(await load(other, files.gan))).toEqual(samples.gan);
    await other.close();
  });
});

describe("kinds of a user's own", () => {
  const own = fileURLToPath(new URL("../kinds/own.js", import.meta.url));

  test("are loaded after defineKind, and named by the error before it", async () => {
    const { swish, focal } = await import("../kinds/own.js");
    const model = gan({
      latent: 2,
      generator: L.sequential(L.dense(4), swish({ beta: 2 }), L.dense(2)),
      discriminator: L.dense(1),
      loss: focal(),
    });
    const training = model.train(runtime, datasets.ring({ count: 64 }), { steps: 2 });
    await training.done;
    const file = join(folder, "own.safetensors");
    writeFileSync(file, await training.model.save());
    expect((await inProcess(file, "1", own)).samples).toEqual(await samplesOf(training.model));
    expect(await inProcess(file, "1")).toMatchObject({
      name: "BadFileError",
      message: expect.stringMatching(/unknown kind "swish"; .*defineKind/),
      hint: "call defineKind(…) of your own kinds before load",
    });
  });
});

test("a model without values cannot be saved", async () => {
  const model = vae({ latent: 1, encoder: L.dense(2), decoder: L.dense(2) });
  const trained = model.trained(runtime, [2]);
  await expect(trained.save()).rejects.toMatchObject({
    name: "UsageError",
    message: "save: the model has no values yet",
  });
  for (const one of model.sampler([2]).variables) await runtime.write(one, new Float32Array(one.size));
  await expect(trained.save()).rejects.toThrow("save: encoder/weight has no value yet");
  trained.release();
  await expect(trained.save()).rejects.toMatchObject({ code: "ERR_RELEASED" });
});

test("a checkpoint's file is a saved model", async () => {
  const { RunFolder } = await import("#src/train/run-folder");
  const model = gan({ latent: 2, generator: L.dense(2), discriminator: L.dense(1) });
  const ring = datasets.ring({ count: 64 });
  const training = model.train(runtime, ring, { steps: 4, batchSize: 8 });
  await training.done;
  const { name, shape, scale, shift, extent } = ring;
  const run = await RunFolder.create(join(folder, "run"), {
    ...{ model: "gan", preset: "none", steps: 4, batchSize: 8, seed: 0, deterministic: true, saveEvery: 4, keep: 3 },
    data: { source: "ring", name, count: 64, shape, scale, shift, extent, sha256: "" },
    config: model.config,
  });
  await run.saveCheckpoint(await training.checkpoint());
  const copy = join(folder, "copy.safetensors");
  copyFileSync(join(run.path, "checkpoints/step-00000004.safetensors"), copy);
  const wanted = await samplesOf(training.model);
  for (const source of [run.path, pathToFileURL(run.path), copy])
    expect(await samplesOf(await load(runtime, source))).toEqual(wanted);
});

test("the version of the package is that of package.json", async () => {
  const { packageVersion } = await import("#src/train/package-version");
  const { readFileSync } = await import("node:fs");
  const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(packageVersion).toBe(version);
});
