/** Saved models on the command line: sampled, inspected, and trained on; runs that are killed or started twice. */
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { createRuntime, datasets, load } from "#binding";
import { document, expectFailure, freshFolder, genloom, quick, start } from "./genloom.js";

const folder = freshFolder();
const at = { cwd: folder };
const one = ["--threads", "1"];
const model = (family: string, config: object) => {
  writeFileSync(join(folder, `${family}.json`), JSON.stringify({ kind: family, ...config }));
  return ["--model", `${family}.json`];
};
const dense = (units: number) => ({ kind: "dense", units });
const runs: Readonly<Record<string, readonly string[]>> = {
  gan: [
    "--data",
    "ring",
    "--count",
    "200",
    ...model("gan", { latent: 2, generator: dense(2), discriminator: dense(1) }),
  ],
  vae: [
    ...["--data", "digits", "--count", "100"],
    ...model("vae", {
      latent: 4,
      encoder: { kind: "sequential", layers: [{ kind: "flatten" }, dense(16), { kind: "relu" }, dense(8)] },
      decoder: { kind: "sequential", layers: [dense(16), { kind: "relu" }, dense(784)] },
    }),
  ],
  rbm: ["--data", "bars", ...model("rbm", { hidden: 4 })],
};
const families = Object.keys(runs);
const sha256 = (file: string) =>
  createHash("sha256")
    .update(readFileSync(join(folder, file)))
    .digest("hex");

beforeAll(async () => {
  const runtime = await createRuntime({ threads: 1, deterministic: true });
  for (const family of families) {
    const args = ["train", family, ...runs[family], "--steps", "8", "--save-every", "4", "--deterministic", ...one];
    await document([...args, "--seed", "3", "--out", family], at);
    writeFileSync(join(folder, `${family}.safetensors`), await (await load(runtime, join(folder, family))).save());
  }
  await runtime.close();
});

describe.each(families)("a %s", (family) => {
  const sources = [family, join(family, "checkpoints", "step-00000008.safetensors"), `${family}.safetensors`];

  test("gives the same samples as a run, a checkpoint and a saved model, in any number of threads", async () => {
    const hashes = new Set<string>();
    for (const source of sources)
      for (const threads of ["1", "2"]) {
        const args = ["--count", "5", "--seed", "1", "--deterministic", "--threads", threads, "--out", "five.npy"];
        const { count, step } = await document(["sample", source, ...args], at);
        expect([count, step]).toEqual([5, source === sources[2] ? undefined : 8]);
        hashes.add(sha256("five.npy"));
      }
    expect(hashes.size).toBe(1);
  });

  test("is inspected as a file", async () => {
    const run = await document(["inspect", family, ...one], at);
    const checkpoint = await document(["inspect", sources[1]], at);
    expect(checkpoint).toMatchObject({
      model: family,
      step: 8,
      weightHash: run.weightHash,
      parameters: run.parameters,
    });
    const saved = await document(["inspect", sources[2]], at);
    expect(saved).toMatchObject({ model: family, genloom: "0.1.0", preset: "none", config: run.config });
    expect(saved.parameters.optimizer ?? 0).toBe(0);
    expectFailure(
      await genloom(["inspect", sources[2], "--program"], at),
      2,
      /--program is an option for run folders/,
      /./,
    );
    expectFailure(
      await genloom(["sample", sources[2], "--step", "4"], at),
      2,
      /--step is an option for run folders/,
      /./,
    );
  });
});

test("images of a saved model lie beside it, if no file is given", async () => {
  expect((await document(["sample", "vae.safetensors", "--count", "2", ...one], at)).file).toBe("vae-seed-0.png");
  expect(existsSync(join(folder, "vae-seed-0.png"))).toBe(true);
});

describe("--from", () => {
  const losses = (run: string): { step: number; loss: number }[] =>
    readFileSync(join(folder, run, "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));

  test("goes on with 200 other images from where the model was, as a run of its own", async () => {
    await document(["train", ...["vae", ...runs.vae], "--count", "400", "--steps", "200", ...one, "--out", "long"], at);
    const [first, last] = [losses("long")[0].loss, losses("long").at(-1)?.loss as number];
    const runtime = await createRuntime({ threads: 1 });
    writeFileSync(join(folder, "long.safetensors"), await (await load(runtime, join(folder, "long"))).save());
    await runtime.close();
    const images = datasets.digits({ count: 200, seed: 77 });
    const header = Buffer.alloc(16);
    for (const [i, word] of [0x00000803, 200, 28, 28].entries()) header.writeUInt32BE(word, 4 * i);
    writeFileSync(join(folder, "other-images-idx3-ubyte"), Buffer.concat([header, images.records as Uint8Array]));
    for (const source of ["long", "long.safetensors"]) {
      const out = `on-${source}`;
      const args = [
        "train",
        "--from",
        source,
        "--data",
        "other-images-idx3-ubyte",
        "--steps",
        "60",
        "--batch",
        "50",
        ...one,
        "--out",
        out,
      ];
      const ended = await document(args, at);
      expect(ended).toMatchObject({ model: "vae", steps: 60 });
      // The first losses of the new run are nearer to the end of the old one than a fifth of what that had gained.
      expect(Math.abs(losses(out)[0].loss - last)).toBeLessThan((first - last) / 5);
      expect(losses(out).at(-1)?.loss).toBeLessThan(losses(out)[0].loss);
      const config = JSON.parse(readFileSync(join(folder, out, "config.json"), "utf8"));
      expect(config).toMatchObject({ from: { path: source }, data: { count: 200, scale: 1 / 255, shift: 0 } });
    }
    // The weights and the data were the same, whichever form they came in.
    expect(losses("on-long")).toEqual(losses("on-long.safetensors"));
  });

  test("images of another size are fitted to the model's", async () => {
    const header = Buffer.alloc(16);
    for (const [i, word] of [0x00000803, 20, 14, 14].entries()) header.writeUInt32BE(word, 4 * i);
    const records = Buffer.alloc(20 * 196).map((_, i) => i % 256);
    writeFileSync(join(folder, "small-images-idx3-ubyte"), Buffer.concat([header, records]));
    const args = [
      "train",
      "--from",
      "vae",
      "--data",
      "small-images-idx3-ubyte",
      "--steps",
      "2",
      ...one,
      "--out",
      "small",
    ];
    await document(args, at);
    const { data } = JSON.parse(readFileSync(join(folder, "small", "config.json"), "utf8"));
    expect(data).toMatchObject({ shape: [28, 28, 1], fitted: { size: 28, channels: 1 } });
    // And are fitted again when the run is resumed.
    expect((await document(["train", "--resume", "small", "--steps", "4", ...one], at)).steps).toBe(4);
  });

  test("is resumed like any run, also when killed before its first checkpoint", async () => {
    const args = ["train", "--from", "gan.safetensors", "--data", "ring", "--count", "100", "--steps", "6", ...one];
    const { weightHash } = await document([...args, "--out", "from-whole"], at);
    await document([...args.slice(0, -4), "--steps", "3", ...one, "--out", "from-half"], at);
    expect((await document(["train", "--resume", "from-half", "--steps", "6", ...one], at)).weightHash).toBe(
      weightHash,
    );
    cpSync(join(folder, "from-whole"), join(folder, "from-none"), { recursive: true });
    for (const name of readdirSync(join(folder, "from-none", "checkpoints")))
      rmSync(join(folder, "from-none", "checkpoints", name));
    expect((await document(["train", "--resume", "from-none", ...one], at)).weightHash).toBe(weightHash);
    // Begun with other values than those that are there now, it cannot be begun again.
    for (const name of readdirSync(join(folder, "from-none", "checkpoints")))
      rmSync(join(folder, "from-none", "checkpoints", name));
    cpSync(join(folder, "gan.safetensors"), join(folder, "kept.safetensors"));
    cpSync(join(folder, "vae.safetensors"), join(folder, "gan.safetensors"));
    expectFailure(
      await genloom(["train", "--resume", "from-none", ...one], at),
      2,
      /gan\.safetensors must have the values that this run began with, found others/,
      /train again with --from/,
    );
    cpSync(join(folder, "kept.safetensors"), join(folder, "gan.safetensors"));
  });

  test("refuses what does not fit", async () => {
    const from = (...args: string[]) => genloom(["train", ...args, ...one, "--out", "never"], at);
    const ring = ["--data", "ring"];
    writeFileSync(join(folder, "unit.csv"), "0.5,0.1\n0.2,0.4\n-0.4,0.5\n");
    writeFileSync(join(folder, "huge.csv"), "5000,100\n200,4000\n-4000,500\n");
    const cases: readonly (readonly [args: string[], code: number, error: RegExp, hint: RegExp])[] = [
      [["--from", "gan"], 2, /--from needs data/, /--data NEW/],
      [["--from", "gan", ...ring, "--preset", "ring"], 2, /--preset cannot be combined with --from/, /./],
      [["--from", "gan", ...ring, "--model", "gan.json"], 2, /--model cannot be combined with --from/, /./],
      [["--from", "gan", "--resume", "gan"], 2, /--from cannot change when a run is resumed/, /./],
      [["rbm", "--from", "gan", ...ring], 2, /gan must be a model of rbm, found gan/, /genloom train gan --from gan/],
      [["--from", "gan", "--data", "bars"], 2, /bars: records must have shape \[2\] like the model's, found/, /./],
      [["--from", "nowhere", ...ring], 3, /nowhere: no such file/, /./],
      [["--from", "gan.json", ...ring], 3, /gan\.json: must be a safetensors file/, /saved models and checkpoints/],
      [["--step", "4", ...ring], 2, /--step needs --resume or --from/, /--steps/],
      [
        ["--from", "vae", "--data", "dim.npy"],
        2,
        /units of the model's data, which lie in \[0, 255\], found \[0, 1\]/,
        /convert/,
      ],
    ];
    const npy = Buffer.alloc(128, 0x20);
    npy.write("\x93NUMPY\x01\x00", "latin1");
    npy.writeUInt16LE(118, 8);
    npy.write("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 28, 28, 1), }", 10);
    npy[127] = 10;
    const pixels = new Float32Array(2 * 784).map((_, i) => (i % 7) / 6);
    writeFileSync(join(folder, "dim.npy"), Buffer.concat([npy, Buffer.from(pixels.buffer)]));
    for (const [args, code, error, hint] of cases) expectFailure(await from(...args), code, error, hint);
    expect(existsSync(join(folder, "never"))).toBe(false);
  });
});

describe("a run that is killed before its first save", () => {
  test("has a checkpoint of step 0, from which it is resumed; --out over it says so", async () => {
    const args = ["train", "gan", ...quick, "--steps", "60", "--save-every", "50", "--seed", "2"];
    const { weightHash } = await document([...args, "--out", "unbroken"], at);
    const running = start([...args.map((arg) => (arg === "60" ? "1000000" : arg)), "--jsonl", "--out", "early"], at);
    await running.written('"step":1,');
    running.process.kill("SIGKILL");
    await running.outcome;
    const checkpoints = readdirSync(join(folder, "early", "checkpoints")).filter((name) => !name.startsWith("."));
    expect(checkpoints[0]).toBe("step-00000000.safetensors");
    expectFailure(
      await genloom([...args, "--out", "early"], at),
      2,
      /early: the folder already contains a run/,
      /continue it with --resume early, or choose another --out/,
    );
    rmSync(join(folder, "early"), { recursive: true });
    // The same with the planned steps, killed for sure before step 50: by leaving only the checkpoint of step 0.
    await document([...args.slice(0, -2), "--seed", "2", "--keep", "9", "--out", "early"], at);
    for (const name of readdirSync(join(folder, "early", "checkpoints")))
      if (name !== "step-00000000.safetensors") rmSync(join(folder, "early", "checkpoints", name));
    expectFailure(
      await genloom(["sample", "early"], at),
      4,
      /nothing was learned: its only checkpoint is of step 0/,
      /./,
    );
    expect((await document(["train", "--resume", "early"], at)).weightHash).toBe(weightHash);
  });

  test("with nothing but config.json, it begins again, and says so", async () => {
    const { weightHash } = await document(["inspect", "unbroken", ...one], at);
    cpSync(join(folder, "unbroken", "config.json"), join(folder, "bare", "config.json"), { recursive: true });
    expectFailure(await genloom(["sample", "bare"], at), 3, /bare: no checkpoint yet/, /genloom train --resume bare/);
    const { stdout, stderr, code } = await genloom(["train", "--resume", "bare", "--json", ...one], at);
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/bare has no checkpoint: from step 0 on/);
    expect(JSON.parse(stdout).weightHash).toBe(weightHash);
    mkdirSync(join(folder, "empty"));
    expect((await document(["train", "gan", ...quick, "--steps", "2", "--out", "empty"], at)).steps).toBe(2);
  });
});

describe("two trainings at once", () => {
  const args = ["train", "gan", ...quick, "--steps", "40", "--save-every", "5"];

  test("into one --out: one trains, the other is told who does", async () => {
    const [a, b] = await Promise.all(
      [5, 6].map((seed) => genloom([...args, "--seed", `${seed}`, "--out", "both", "--json"], at)),
    );
    const [done, refused] = a.code === 0 ? [a, b] : [b, a];
    expect([done.code, refused.code]).toEqual([0, 2]);
    expect(refused.stderr).toMatch(
      /error: both: (process \d+ on .* is training into it|the folder already contains a run)\nhint: /,
    );
    const lines = readFileSync(join(folder, "both", "metrics.jsonl"), "utf8")
      .trimEnd()
      .split("\n");
    expect(lines.map((line) => JSON.parse(line).step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test("without --out: each gets a folder of its own", async () => {
    const own = await Promise.all([5, 6, 7].map((seed) => document([...args, "--seed", `${seed}`], at)));
    expect(new Set(own.map(({ run }) => run)).size).toBe(3);
  });

  test("a resumed one of a running one is refused, and does no harm", async () => {
    const running = start(
      [...args.map((arg) => (arg === "40" ? "400" : arg)), "--seed", "8", "--jsonl", "--out", "busy"],
      at,
    );
    await running.written('"step":1,');
    let refusals = 0;
    for (let i = 0; i < 3; i++) {
      const { code, stderr } = await genloom(["train", "--resume", "busy", ...one], at);
      if (code === 2) {
        expect(stderr).toMatch(/error: busy: process \d+ on .* is training into it\nhint: wait for it/);
        refusals++;
      } else expect(code, stderr).toBe(0);
    }
    const { code, stdout, stderr } = await running.outcome;
    expect(code, stderr).toBe(0);
    expect(refusals).toBeGreaterThan(0);
    const alone = await document(
      [...args.map((arg) => (arg === "40" ? "400" : arg)), "--seed", "8", "--out", "alone"],
      at,
    );
    expect(JSON.parse(stdout.trimEnd().split("\n").at(-1) as string).weightHash).toBe(alone.weightHash);
  });
});
