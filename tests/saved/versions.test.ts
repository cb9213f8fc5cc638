/**
 * Run folders and saved models of all versions, as the version wrote them that is named. They are sampled, inspected, loaded
 * and resumed with the bits that it gave.
 *
 * 1: genloom 0.1.0 before checkpoints became one file. 2: the same as a saved model of version 1, in one file.
 */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createRuntime, load, ownUnits } from "#binding";
import { formatNpy } from "#src/data/formats/npy";
import { weightHash } from "#src/train/checkpoint";
import { scalingOf } from "#src/train/data-description";
import { readModel } from "#src/train/saved-model";
import { document, expectFailure, freshFolder, genloom } from "../cli/genloom.js";
import { savedModels } from "../hosts/saved-models.js";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const folder = freshFolder();
for (const version of [1, 2]) cpSync(join(fixtures, `run-version-${version}`), folder, { recursive: true });
const threads = ["--threads", "1"];
/** A copy of a run of a version, in the folder where its data are. */
const copy = (version: number, family: string, name: string) => {
  cpSync(join(fixtures, `run-version-${version}`, family), join(folder, name), { recursive: true });
  return name;
};

describe.each([1, 2])("a run folder of version %s", (version) => {
  const expected = JSON.parse(readFileSync(join(fixtures, `run-version-${version}`, "expected.json"), "utf8"));

  test.each(["gan", "vae", "rbm"])("of a %s is inspected, sampled and loaded", async (family) => {
    const run = copy(version, family, `${family}-${version}`);
    const inspected = await document(["inspect", run, ...threads], { cwd: folder });
    expect(inspected).toMatchObject({ weightHash: expected[family].weightHash, step: 6, checkpoints: [3, 6] });
    await document(["sample", run, "--count", "3", "--seed", "2", ...threads, "--out", "three.npy"], { cwd: folder });
    const runtime = await createRuntime({ threads: 1, deterministic: true });
    const model = await load(runtime, join(folder, run));
    const { data } = JSON.parse(readFileSync(join(folder, run, "config.json"), "utf8"));
    expect(model.data).toMatchObject({ name: data.name, shape: data.shape, extent: data.extent });
    expect(model.data.range.columns).toEqual(data.columns);
    const { data: values, shape } = await model.sample(3, { seed: 2 });
    expect(readFileSync(join(folder, "three.npy"))).toEqual(
      Buffer.from(formatNpy(ownUnits(values, scalingOf(model.data)), shape)),
    );
    await runtime.close();
  });

  test.each(["gan", "vae", "rbm"])("of a %s is resumed with the same bits", async (family) => {
    const run = copy(version, family, `${family}-${version}-resumed`);
    const args = ["train", "--resume", run, "--steps", "9", ...threads];
    expect((await document(args, { cwd: folder })).weightHash).toBe(expected[family].resumed);
    const config = JSON.parse(readFileSync(join(folder, run, "config.json"), "utf8"));
    expect([config.version, typeof config.sha256]).toEqual([2, "string"]);
    // The pairs of version 1 remain, and are still read.
    const files = (...steps: number[]) =>
      steps.flatMap((step) => {
        const name = `step-0000000${step}`;
        const pair = version === 1 && step < 9 ? [`${name}.json`] : [];
        return [...pair, `${name}.safetensors`];
      });
    const found = () => readdirSync(join(folder, run, "checkpoints")).sort();
    expect(found()).toEqual(files(3, 6, 9));
    const again = [...args.slice(0, -2), "--step", "3", ...threads];
    expect((await document(again, { cwd: folder })).weightHash).toBe(expected[family].resumed);
    // Step 6 was saved anew, in one file.
    expect(found()).toEqual([...files(3), "step-00000006.safetensors", "step-00000009.safetensors"]);
  });
});

test.each(Object.entries(savedModels))(
  "a saved model of version 1 of a %s is loaded",
  async (family, { file, values }) => {
    const bytes = new Uint8Array(Buffer.from(file, "base64"));
    const { genloom: writer, tensors } = await readModel(bytes);
    expect([writer, await weightHash(tensors)]).toEqual(["0.1.0", values]);
    const runtime = await createRuntime({ threads: 1, deterministic: true });
    expect((await load(runtime, bytes)).family.kind).toBe(family);
    await runtime.close();
  },
);

test("arrays of version 1 whose state was never written are no checkpoint, and are removed by a resumed training", async () => {
  const run = copy(1, "gan", "half");
  const checkpoints = join(folder, run, "checkpoints");
  cpSync(join(checkpoints, "step-00000006.safetensors"), join(checkpoints, "step-00000008.safetensors"));
  expect(await document(["inspect", run, ...threads], { cwd: folder })).toMatchObject({ step: 6, checkpoints: [3, 6] });
  const args = ["train", "--resume", run, "--steps", "7", ...threads];
  expect((await document(args, { cwd: folder })).steps).toBe(7);
  expect(readdirSync(checkpoints)).not.toContain("step-00000008.safetensors");
});

test("the arrays of a checkpoint of version 1 alone are no saved model, and the error says what to give", async () => {
  const file = join(copy(1, "gan", "alone"), "checkpoints", "step-00000006.safetensors");
  expectFailure(
    await genloom(["sample", file], { cwd: folder }),
    3,
    /step-00000006\.safetensors: not a saved model: its metadata have no entry "genloom"/,
    /give its run folder/,
  );
});

test("every digit of a version 1 checkpoint's description and of config.json that changes a result is noticed", async () => {
  const damage = async (file: string, text: string) => {
    const run = copy(1, "gan", "damaged");
    writeFileSync(join(folder, run, file), text);
    const { RunFolder } = await import("#src/train/run-folder");
    return (await RunFolder.open(join(folder, run))).loadCheckpoint();
  };
  const whole = await damage("metrics.jsonl", "");
  for (const [file, from, to] of [
    ["checkpoints/step-00000006.json", '"config"', '"history"'],
    ["config.json", '"scale"', '"extent"'],
    ["config.json", '"config"', "\n}\n"],
  ] as const) {
    const text = readFileSync(join(fixtures, "run-version-1", "gan", file), "utf8");
    for (let at = text.indexOf(from); at < text.indexOf(to, text.indexOf(from)); at++) {
      if (!/\d/.test(text[at])) continue;
      const digit = String.fromCharCode(text.charCodeAt(at) ^ 1);
      const found = await damage(file, text.slice(0, at) + digit + text.slice(at + 1)).catch(({ code }) => code);
      // A number whose text differs may be the same double. The planned steps are in no other place: they stretch schedules
      // that end with the training, and those are compared.
      if (typeof found !== "string") expect({ ...found, steps: 6 }, `${file} at ${at}`).toEqual(whole);
    }
  }
});
