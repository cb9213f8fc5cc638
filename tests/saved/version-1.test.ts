/**
 * Run folders of version 1, made by genloom 0.1.0 before checkpoints became one file: they are sampled, inspected, loaded and
 * resumed with the bits that the version gave that made them.
 */
import { createHash } from "node:crypto";
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { createRuntime, load, ownUnits } from "#binding";
import { formatNpy } from "#src/data/formats/npy";
import { scalingOf } from "#src/train/data-description";
import { document, expectFailure, freshFolder, genloom } from "../cli/genloom.js";

const fixtures = fileURLToPath(new URL("../fixtures/run-version-1/", import.meta.url));
const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8"));
const folder = freshFolder();
cpSync(fixtures, folder, { recursive: true });
const threads = ["--threads", "1"];
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const copy = (family: string, name: string) => {
  cpSync(join(fixtures, family), join(folder, name), { recursive: true });
  return name;
};

describe.each(["gan", "vae", "rbm"])("a %s", (family) => {
  test("is inspected and sampled as before", async () => {
    const inspected = await document(["inspect", family, ...threads], { cwd: folder });
    expect(inspected).toMatchObject({ weightHash: expected[family].weightHash, step: 6, checkpoints: [3, 6] });
    await document(["sample", family, "--count", "3", "--seed", "2", ...threads, "--out", "three.npy"], {
      cwd: folder,
    });
    expect(sha256(readFileSync(join(folder, "three.npy")))).toBe(expected[family].samples);
  });

  test("is loaded by load(), with all that it knows of its data", async () => {
    const runtime = await createRuntime({ threads: 1, deterministic: true });
    const model = await load(runtime, join(folder, family));
    const { data } = JSON.parse(readFileSync(join(folder, family, "config.json"), "utf8"));
    expect(model.data).toMatchObject({ name: data.name, shape: data.shape, extent: data.extent });
    expect(model.data.range.columns).toEqual(data.columns);
    const { data: values, shape } = await model.sample(3, { seed: 2 });
    expect(sha256(formatNpy(ownUnits(values, scalingOf(model.data)), shape))).toBe(expected[family].samples);
    await runtime.close();
  });

  test("is resumed with the same bits, and becomes a run of the current version", async () => {
    const run = copy(family, `${family}-resumed`);
    const args = ["train", "--resume", run, "--steps", "9", ...threads];
    expect((await document(args, { cwd: folder })).weightHash).toBe(expected[family].resumed);
    const config = JSON.parse(readFileSync(join(folder, run, "config.json"), "utf8"));
    expect([config.version, typeof config.sha256]).toEqual([2, "string"]);
    // The pairs of steps 3 and 6 remain, and are still read.
    expect(readdirSync(join(folder, run, "checkpoints")).sort()).toEqual([
      "step-00000003.json",
      "step-00000003.safetensors",
      "step-00000006.json",
      "step-00000006.safetensors",
      "step-00000009.safetensors",
    ]);
    const again = [...args.slice(0, -2), "--step", "3", ...threads];
    expect((await document(again, { cwd: folder })).weightHash).toBe(expected[family].resumed);
    expect(readdirSync(join(folder, run, "checkpoints")).sort()).toEqual([
      "step-00000003.json",
      "step-00000003.safetensors",
      "step-00000006.safetensors",
      "step-00000009.safetensors",
    ]);
  });
});

test("arrays whose state was never written are no checkpoint, and are removed by a resumed training", async () => {
  const run = copy("gan", "half");
  const checkpoints = join(folder, run, "checkpoints");
  cpSync(join(checkpoints, "step-00000006.safetensors"), join(checkpoints, "step-00000008.safetensors"));
  expect(await document(["inspect", run, ...threads], { cwd: folder })).toMatchObject({ step: 6, checkpoints: [3, 6] });
  const args = ["train", "--resume", run, "--steps", "7", ...threads];
  expect((await document(args, { cwd: folder })).steps).toBe(7);
  expect(readdirSync(checkpoints)).not.toContain("step-00000008.safetensors");
});

test("a checkpoint's arrays alone are no saved model, and the error says what to give", async () => {
  const file = join("gan", "checkpoints", "step-00000006.safetensors");
  expectFailure(
    await genloom(["sample", file], { cwd: folder }),
    3,
    /step-00000006\.safetensors: not a saved model: its metadata have no entry "genloom"/,
    /give its run folder/,
  );
});

test("every digit of a checkpoint's description and of config.json that changes a result is noticed", async () => {
  const damage = async (file: string, text: string) => {
    const run = copy("gan", "damaged");
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
    const text = readFileSync(join(fixtures, "gan", file), "utf8");
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
