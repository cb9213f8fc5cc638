/** The command line from a user's side: documents, streams, files, help. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { decodePng } from "#src/data/formats/read-png";
import { root } from "../../scripts/host.js";
import { hasAvx2 } from "../hosts/programs.js";
import { document, freshFolder, genloom, quick } from "./genloom.js";

/** Whether this Node merges vectors, which the builds `wide` need. */
const canMerge = hasAvx2() && Number.parseInt(process.versions.node, 10) >= 24;

const folder = freshFolder();
const points = join(folder, "points");
const images = join(folder, "images");
// biome-ignore lint/suspicious/noExplicitAny: documents are looked at by their keys
let trained: any;

beforeAll(async () => {
  trained = await document(["train", "gan", ...quick, "--steps", "40", "--seed", "3", "--out", points]);
  await document([
    "train",
    "gan",
    "--data",
    "digits",
    "--count",
    "200",
    "--batch",
    "8",
    "--steps",
    "10",
    "--out",
    images,
  ]);
});

describe("train", () => {
  test("with 256-bit vectors or without, the weights are the same", async () => {
    const { weightHash } = await document([
      ...["train", "gan", ...quick, "--steps", "40", "--seed", "3", "--out", join(folder, "narrow")],
      ...["--wide", "off"],
    ]);
    expect(weightHash).toBe(trained.weightHash);
  });

  // Node 20 has no vectors to merge; tests/hosts/wide.js has the same by the library.
  test.skipIf(!canMerge)(
    "goes back when the self-check fails, says so, and its files are those of relaxed",
    async () => {
      const corrupting = join(folder, "corrupting.mjs");
      const module = pathToFileURL(join(root, "dist/src/host/wide/self-check.js"));
      writeFileSync(
        corrupting,
        `import { selfCheck } from "${module}"; setTimeout(() => { selfCheck.wanted = "0"; }, 1500).unref();`,
      );
      const out = join(folder, "back");
      const args = (path: string) => ["train", "gan", ...quick, "--steps", "6000", "--json", "--out", path];
      const { code, stdout, stderr } = await genloom(args(out), { node: ["--import", corrupting] });
      expect(code, stderr).toBe(0);
      expect(stderr).toMatch(/^note: wide was given up: .*; from step \d+ back to step \d+, with relaxed/m);
      const narrow = join(folder, "back-narrow");
      const plain = await document([...args(narrow).filter((one) => one !== "--json"), "--wide", "off"]);
      expect(JSON.parse(stdout).weightHash).toBe(plain.weightHash);
      const metrics = (path: string) => readFileSync(join(path, "metrics.jsonl"), "utf8");
      expect(metrics(out)).toBe(metrics(narrow));
    },
  );

  test("prints a document with stable keys", () => {
    expect(trained).toMatchObject({
      model: "gan",
      preset: "ring",
      steps: 40,
      seconds: expect.any(Number),
      losses: { discriminator: expect.any(Number), generator: expect.any(Number) },
      weightHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      run: points,
      interrupted: false,
      metrics: {
        modes: expect.any(Number),
        modesOf: 8,
        highQuality: expect.any(Number),
        reverseKl: expect.any(Number),
      },
    });
  });

  test("leaves a run folder, its files named in the document", () => {
    expect(trained.files).toEqual([
      ...[32, 36, 40].map((step) => `checkpoints/step-000000${step}.safetensors`),
      "config.json",
      "metrics.jsonl",
      "report.html",
      ...[4, 8, 12, 16, 20, 24, 28, 32, 36, 40].map((step) => `samples/step-${String(step).padStart(8, "0")}.png`),
    ]);
    const lines = readFileSync(join(points, "metrics.jsonl"), "utf8").trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line).step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
  });

  test("writes JSON lines on demand: progress, then the document", async () => {
    const args = ["train", "gan", ...quick, "--steps", "20", "--seed", "3", "--out", join(folder, "lines"), "--jsonl"];
    const { code, stdout } = await genloom(args);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(lines.at(-1)).toMatchObject({ event: "done", steps: 20 });
    expect(lines.slice(0, -1).every((line) => line.event === "progress")).toBe(true);
    expect(lines.at(-2)).toMatchObject({ step: 20, steps: 20, stepsPerSecond: expect.any(Number) });
  });

  test("into a pipe: results to stdout, messages to stderr, no progress bar, no colour", async () => {
    const args = ["train", "gan", ...quick, "--steps", "20", "--out", join(folder, "piped")];
    const { code, stdout, stderr } = await genloom(args, { env: { FORCE_COLOR: "1" } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^done: 20 steps in 0:\d\d {2}modes .*\nreport: .*report\.html\n$/);
    expect(stderr).toMatch(/^gan on ring: 500 records of \[2\]/);
    for (const mark of ["\r", "\u001b", "█"]) expect(`${stdout}${stderr}`).not.toContain(mark);
    const quiet = await genloom([...args.slice(0, -1), join(folder, "quiet"), "--quiet"]);
    expect(quiet.stderr).toBe("");
  });

  test("chooses a free folder under runs where --out is not given", async () => {
    const cwd = freshFolder();
    for (const number of [1, 2]) {
      const { run } = await document(["train", "gan", ...quick, "--steps", "2"], { cwd });
      expect(run).toBe(join("runs", `gan-ring-${number}`));
      expect(existsSync(join(cwd, run, "report.html"))).toBe(true);
    }
  });

  test("takes a model described in a file, as a run's config.json holds it", async () => {
    const described = [
      "train",
      "gan",
      ...quick,
      "--steps",
      "40",
      "--seed",
      "3",
      "--model",
      join(points, "config.json"),
    ];
    const again = await document([...described, "--out", join(folder, "described")]);
    expect(again.weightHash).toBe(trained.weightHash);
  });
});

describe("report.html", () => {
  test("stands by itself: no script, nothing fetched, images within", () => {
    const html = readFileSync(join(points, "report.html"), "utf8");
    expect(html).not.toMatch(/<script|<link|@import|url\(|https?:|src="(?!data:)/);
    expect(html.match(/<img [^>]*src="data:image\/png;base64,/g)).toHaveLength(11);
    expect(html).toContain("<svg");
    expect(html).toContain(trained.weightHash);
    expect(html).toContain("prefers-color-scheme: dark");
    expect(html).toContain('name="viewport"');
  });
});

describe("sample", () => {
  test("writes points as CSV to stdout, as many as asked, the same for the same seed", async () => {
    const { stdout } = await genloom(["sample", points, "--count", "5", "--seed", "1"]);
    expect(stdout).toMatch(/^(-?\d+(\.\d+)?(e-?\d+)?,-?\d+(\.\d+)?(e-?\d+)?\n){5}$/);
    expect((await genloom(["sample", points, "--count", "5", "--seed", "1"])).stdout).toBe(stdout);
    expect((await genloom(["sample", points, "--count", "5", "--seed", "2"])).stdout).not.toBe(stdout);
  });

  test("draws points as a scatter plot", async () => {
    const file = join(folder, "points.png");
    await document(["sample", points, "--count", "50", "--out", file]);
    expect(decodePng(readFileSync(file))).toMatchObject({ width: 480, height: 480, channels: 3 });
  });

  test("writes images as a sheet into the run", async () => {
    const found = await document(["sample", images, "--count", "6", "--seed", "4"]);
    expect(found).toEqual({
      run: images,
      step: 10,
      count: 6,
      seed: 4,
      shape: [6, 28, 28, 1],
      first: 0,
      temperature: 1,
      file: join(images, "samples", "seed-4.png"),
    });
    const { width, height, channels } = decodePng(readFileSync(found.file));
    // Three columns and two rows of 28 pixels, twice enlarged, with borders of 4.
    expect([width, height, channels]).toEqual([3 * 60 + 4, 2 * 60 + 4, 1]);
  });

  test("writes .npy and .csv files in raw values", async () => {
    const npy = join(folder, "some.npy");
    await document(["sample", images, "--count", "3", "--out", npy]);
    const bytes = readFileSync(npy);
    expect(bytes.subarray(0, 128).toString("latin1")).toContain("'shape': (3, 28, 28, 1)");
    const values = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + bytes.length - 3 * 784 * 4, bytes.byteOffset + bytes.length),
    );
    expect(Math.min(...values)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...values)).toBeGreaterThan(1);
    expect(Math.max(...values)).toBeLessThanOrEqual(255);
  });
});

describe("evaluate, inspect, doctor", () => {
  test("evaluate measures as train did", async () => {
    const { metrics, step } = await document(["evaluate", points, "--threads", "1"]);
    expect(step).toBe(40);
    expect(metrics).toEqual(trained.metrics);
  });

  test("evaluate sees the classes of labelled images", async () => {
    const { metrics } = await document(["evaluate", images, "--samples", "50"]);
    expect(metrics).toMatchObject({ classesOf: 10, classifierAccuracy: expect.any(Number) });
    expect(metrics.classCounts).toHaveLength(10);
    const certain = metrics.classCounts.reduce((sum: number, count: number) => sum + count, 0);
    expect(metrics.certain).toBeCloseTo(certain / 50, 9);
  });

  test("inspect shows parameters, memory and the program", async () => {
    const found = await document(["inspect", points, "--program"]);
    expect(found).toMatchObject({
      weightHash: trained.weightHash,
      checkpoints: [32, 36, 40],
      step: 40,
      batchSize: 16,
      seed: 3,
    });
    // 2, six times 128, 2 and 2-128-128-128-1, weights and biases.
    expect(found.parameters).toMatchObject({ generator: 83_202, ema: 83_202, discriminator: 33_537 });
    expect(found.memory.scratch).toBeGreaterThanOrEqual(found.memory.peak);
    const generator = found.layers.filter(({ name }: { name: string }) => name.startsWith("generator/"));
    expect(generator.reduce((sum: number, one: { parameters: number }) => sum + one.parameters, 0)).toBe(83_202);
    // Two operations for each weight, and some for biases and activations.
    expect(found.flopOfSample).toBeGreaterThan(2 * 82_400);
    expect(found.listing).toMatch(/gan step: \d+ commands in \d+ waves/);
  });

  test("inspect of an earlier checkpoint", async () => {
    expect((await document(["inspect", points, "--step", "36"])).step).toBe(36);
  });

  test("doctor names host, build, lanes and reasons", async () => {
    const found = await document(["doctor", "--threads", "1", "--deterministic"]);
    expect(found).toMatchObject({ host: "node", version: process.versions.node, build: "simd", lanes: 1 });
    expect(found.reasons).toEqual([expect.stringContaining("deterministic is set")]);
    // No flag is set for a build that cannot use it.
    expect(found.wide).toEqual({ flag: false, whyNot: expect.any(String) });
  });

  test("doctor tells what is known of wide", async () => {
    const found = await document(["doctor", "--threads", "1"]);
    const { stdout } = await genloom(["doctor", "--threads", "1"]);
    if (canMerge) {
      expect(found).toMatchObject({ build: "wide", reasons: [], wide: { flag: true, checks: 1 } });
      expect(found.wide.speedup).toBeGreaterThan(1.3);
      expect(stdout).toMatch(
        /^wide {5}pairs of vectors run [12]\.\d\d times as fast as single ones, self-checks passed: 1$/m,
      );
    } else {
      expect(found.build).not.toBe("wide");
      expect(stdout).toMatch(
        /^wide {5}not used: (Node must be 24|the processor must be x64)|^note: wide is off: this engine does not merge vectors/m,
      );
    }
    const off = await document(["doctor", "--threads", "1", "--wide", "off"]);
    expect(off.build).not.toBe("wide");
    expect(off.wide.flag).toBe(false);
    const on = await document(["doctor", "--threads", "1", "--wide", "on"]);
    if (!canMerge) expect(on.reasons.join()).toContain("wide is off: ");
    else expect(on.build).toBe("wide");
  });
});

test("help lists every command and, of train, every preset", async () => {
  const { code, stdout } = await genloom([]);
  expect(code).toBe(0);
  for (const name of ["train", "sample", "evaluate", "inspect", "doctor"])
    expect(stdout).toMatch(new RegExp(`^ {2}${name} `, "m"));
  const help = await genloom(["train", "--help"]);
  expect(help.code).toBe(0);
  for (const name of ["digits", "ring", "grid", "mnist"]) expect(help.stdout).toContain(`gan ${name}`);
  expect((await genloom(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});
