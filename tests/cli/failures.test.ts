/** What users get wrong, and what disks and numbers do: each a one-line error with a hint and the right exit code. */
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { encodePng } from "#src/data/formats/png";
import { readSafetensors } from "#src/data/formats/safetensors";
import { document, expectFailure, freshFolder, genloom, quick } from "./genloom.js";

const folder = freshFolder();
const out = (name: string) => ["--out", join(folder, name)];

/** Writes a file into the test's folder and gives its path. */
function file(name: string, contents: string | Uint8Array): string {
  writeFileSync(join(folder, name), contents);
  return join(folder, name);
}

describe("usage: exit code 2", () => {
  test.each([
    ["an unknown command", ["trian"], /unknown command 'trian'/, /did you mean train/],
    [
      "an unknown option",
      ["train", "gan", "--stpes", "3"],
      /unknown option '--stpes'/,
      /did you mean --steps|Did you mean one of/i,
    ],
    ["an unknown model", ["train", "gna"], /'gna' is invalid.*Allowed choices are gan/, /help/],
    ["an unknown preset", ["train", "gan", "--preset", "rings"], /no preset is named "rings"/, /digits, .*ring, grid/],
    [
      "an unknown data set",
      ["train", "gan", "--data", "digit"],
      /no data set or file is named "digit"/,
      /did you mean digits/,
    ],
    ["a preset that needs data", ["train", "gan", "--preset", "mnist"], /preset mnist needs data/, /--data/],
    [
      "a number that is none",
      ["train", "gan", "--steps", "many"],
      /'--steps <n>' argument 'many' is invalid.*integer >= 1/,
      /help/,
    ],
    [
      "a number too small",
      ["train", "gan", "--batch", "0"],
      /'--batch <n>' argument '0' is invalid.*integer >= 1/,
      /help/,
    ],
    [
      "options that exclude each other",
      ["train", "gan", "--json", "--jsonl"],
      /'--json' cannot be used with option '--jsonl'/,
      /help/,
    ],
    [
      "wide that is neither",
      ["doctor", "--wide", "yes"],
      /'--wide <when>' argument 'yes' is invalid.*auto, on, off/,
      /help/,
    ],
    ...[["train", "gan"], ["doctor"], ["sample", "x"], ["evaluate", "x"]].map(
      (command) =>
        [
          `more lanes than there are for ${command[0]}`,
          [...command, "--threads", "100000"],
          /'--threads <n>' argument '100000' is invalid.*integer >= 1 and <= \d+/,
          /help/,
        ] as [string, string[], RegExp, RegExp],
    ),
    [
      "more lanes than there are in a list",
      ["bench", "--threads", "1,100000"],
      /argument '1,100000' is invalid.*integer >= 1 and <= \d+/,
      /help/,
    ],
    [
      "more records than memory holds",
      ["train", "gan", "--count", "99999999999"],
      /digits: count must be at most 5478274, the limit of memory, found 99999999999/,
      /count/,
    ],
    [
      "images that no memory holds",
      ["train", "gan", "--count", "20", "--size", "16384"],
      /digits as images of \[16384, 16384, 1\]: count must be at most 15, the limit of memory, found 20/,
      /size/,
    ],
    [
      "an image larger than any",
      ["train", "gan", "--size", "99999999999"],
      /images: size must be an integer >= 1 and <= 16384, found 99999999999/,
      /--data/,
    ],
    ["a colour that is none", ["train", "gan", "--background", "#ff"], /colour such as #rrggbb or #rgb/, /help/],
    ["a missing argument", ["sample"], /missing required argument 'saved'/, /help/],
    ["an ending that no format has", ["sample", "x", "--out", "x.gif"], /ends in \.png, \.npy, \.csv/, /help/],
  ])("%s", async (_, args, error, hint) => {
    expectFailure(await genloom(args), 2, error, hint);
  });

  const model = (change: object) => {
    const gan = {
      kind: "gan",
      latent: 2,
      loss: { kind: "nonSaturating" },
      penalties: [],
      ema: 0,
      discriminatorSteps: 1,
    };
    const adam = { kind: "adam", learningRate: 0.001 };
    const dense = (units: number) => ({
      kind: "sequential",
      layers: [{ kind: "dense", units: 8 }, { kind: "relu" }, { kind: "dense", units }],
    });
    return JSON.stringify({
      ...gan,
      generator: dense(2),
      discriminator: dense(1),
      optimizers: { generator: adam, discriminator: adam },
      ...change,
    });
  };

  test.each([
    [
      "shapes that do not fit",
      { generator: { kind: "dense", units: 3 } },
      /the generator's output per record must have shape \[2\] like the data, found \[3\]/,
    ],
    [
      "an unknown option of a layer",
      { generator: { kind: "dense", units: 2, biass: true } },
      /dense: unknown option "biass"/,
    ],
    [
      "an unknown layer",
      { discriminator: { kind: "densse", units: 1 } },
      /unknown kind "densse"; did you mean "dense"\? known kinds: appended, augment, .*dense/,
    ],
    ["a value outside of its range", { ema: 1 }, /ema must be a finite number >= 0 and < 1, found 1/],
  ])("%s", async (name, change, error) => {
    const path = file(`${name.replaceAll(" ", "-")}.json`, model(change));
    expectFailure(
      await genloom(["train", "gan", ...quick, "--steps", "2", "--model", path, ...out(name)]),
      2,
      error,
      /fix|check/,
    );
  });

  test("a description of another model", async () => {
    const path = file("vae.json", JSON.stringify({ kind: "vae" }));
    expectFailure(
      await genloom(["train", "gan", ...quick, "--model", path, ...out("other")]),
      2,
      /kind must be "gan", found "vae"/,
      /"kind": "gan"/,
    );
  });
});

describe("bad files: exit code 3", () => {
  const image = new Uint8Array(16 + 4 * 784).fill(7);
  image.set([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 28, 0, 0, 0, 28]);
  const npy = (values: readonly number[]) => {
    const head = `\u0093NUMPY\u0001\u0000v\u0000${"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 2), }".padEnd(117)}\n`;
    return Buffer.concat([Buffer.from(head, "latin1"), Buffer.from(Float32Array.from(values).buffer)]);
  };

  test.each([
    ["NaN in .csv", "nan.csv", "1,2\n3,nan\n", /nan\.csv: .*nan/i],
    ["NaN in .npy", "nan.npy", npy([1, 2, 3, Number.NaN, 5, 6]), /nan\.npy: .*NaN/],
    ["an empty file", "empty.csv", "", /empty\.csv: .*empty/],
    ["a table without records", "names.csv", "x,y\n", /names\.csv: .*(no|empty|record)/],
    ["a ragged table", "ragged.csv", "1,2\n3\n", /ragged\.csv: /],
    ["a truncated IDX file", "short-idx3-ubyte", image.subarray(0, 1000), /short-idx3-ubyte: .*truncated/],
    ["a truncated .npy file", "short.npy", npy([1, 2, 3]), /short\.npy: .*truncated/],
    [
      "a corrupt .gz file",
      "bad.npy.gz",
      Uint8Array.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
      /bad\.npy\.gz: gzip data end early/,
    ],
    ["a file of no known kind", "some.bin", Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8]), /some\.bin: /],
  ])("%s", async (name, path, contents, error) => {
    const failed = await genloom(["train", "gan", "--data", file(path, contents), ...out(name)]);
    expectFailure(failed, 3, error, /./);
  });

  test("a file that is not there, and a folder without data", async () => {
    expectFailure(
      await genloom(["train", "gan", "--data", join(folder, "none.csv")]),
      3,
      /none\.csv: no such file/,
      /./,
    );
    mkdirSync(join(folder, "void"));
    expectFailure(
      await genloom(["train", "gan", "--data", join(folder, "void")]),
      3,
      /void: directory without data/,
      /PNG/,
    );
  });

  test("a description that is not JSON", async () => {
    expectFailure(
      await genloom(["train", "gan", ...quick, "--model", file("broken.json", "{"), ...out("broken")]),
      3,
      /broken\.json: not JSON/,
      /config\.json/,
    );
  });
});

describe("runs: exit code 3", () => {
  const run = join(folder, "run");
  const copy = (name: string) => {
    cpSync(run, join(folder, name), { recursive: true });
    return join(folder, name);
  };
  const newest = (path: string) => join(path, "checkpoints", "step-00000020.safetensors");
  beforeAll(async () => {
    await document(["train", "gan", ...quick, "--steps", "20", "--save-every", "5", ...["--out", run]]);
  });

  test("a folder that is no run, and one that is not there", async () => {
    mkdirSync(join(folder, "norun"));
    expectFailure(await genloom(["sample", join(folder, "norun")]), 3, /not a run/, /genloom train/);
    expectFailure(await genloom(["sample", join(folder, "nowhere")]), 3, /no such file/, /./);
  });

  test("a run is never overwritten", async () => {
    expectFailure(
      await genloom(["train", "gan", ...quick, "--out", run]),
      2,
      /the folder already contains a run/,
      /--resume/,
    );
  });

  test.each([
    ["truncated tensors", (path: string) => truncateSync(newest(path), 5000), /step-00000020\.safetensors: truncated/],
    ["an empty tensors file", (path: string) => truncateSync(newest(path), 0), /step-00000020\.safetensors: empty/],
    [
      "a flipped bit",
      (path: string) => flip(newest(path)),
      /step-00000020\.safetensors: corrupt: its contents are not those that were saved/,
    ],
    [
      "the checkpoint of another step",
      (path: string) => cpSync(join(path, "checkpoints", "step-00000010.safetensors"), newest(path)),
      /step-00000020\.safetensors: corrupt: it is the checkpoint of step 10/,
    ],
  ])("%s: reported, the earlier checkpoint is used when asked", async (name, damage, error) => {
    const path = copy(name);
    damage(path);
    for (const args of [
      ["sample", path],
      ["evaluate", path],
      ["train", "gan", "--resume", path],
    ]) {
      expectFailure(await genloom(args), 3, error, /the checkpoint of step 15 is whole: add --step 15/);
    }
    expect((await document(["sample", path, "--step", "15", "--count", "2"])).step).toBe(15);
  });

  test("from an earlier checkpoint the same end is reached, and the damaged one is replaced", async () => {
    const whole = await document(["inspect", run]);
    const path = copy("mended");
    flip(newest(path));
    const again = await document(["train", "gan", "--resume", path, "--step", "10"]);
    expect(again.weightHash).toBe(whole.weightHash);
    expect((await document(["inspect", path])).checkpoints).toEqual([10, 15, 20]);
  });

  test("all checkpoints damaged", async () => {
    const path = copy("ruined");
    for (const name of readdirSync(join(path, "checkpoints"))) truncateSync(join(path, "checkpoints", name), 10);
    expectFailure(await genloom(["sample", path]), 3, /truncated/, /no earlier checkpoint is whole/);
  });

  test("a step that was not kept", async () => {
    expectFailure(await genloom(["sample", run, "--step", "7"]), 3, /no checkpoint of step 7/, /10, 15, 20/);
  });

  test("a config.json that is not JSON, or of a newer genloom", async () => {
    const path = copy("config");
    writeFileSync(join(path, "config.json"), "{");
    expectFailure(await genloom(["sample", path]), 3, /config\.json: corrupt: not JSON/, /./);
    writeFileSync(join(path, "config.json"), '{"format":"genloom-run","version":3}');
    expectFailure(await genloom(["sample", path]), 3, /written by a newer genloom/, /update/);
  });

  test("data that have changed since", async () => {
    const csv = file("moving.csv", "0,1\n1,0\n2,2\n3,1\n");
    const path = join(folder, "moving");
    await document(["train", "gan", "--data", csv, "--steps", "4", "--batch", "2", "--out", path]);
    writeFileSync(csv, "0,1\n1,0\n2,2\n3,2\n");
    expectFailure(
      await genloom(["train", "gan", "--resume", path, "--steps", "8"]),
      3,
      /not the data of this run/,
      /--data/,
    );
  });
});

describe("disks: exit code 3", () => {
  test("a file where the run folder should be", async () => {
    const path = file("plain", "text");
    expectFailure(
      await genloom(["train", "gan", ...quick, "--out", path]),
      3,
      /plain\/checkpoints: |plain: /,
      /another folder|--out/,
    );
    expectFailure(
      await genloom(["train", "gan", ...quick, "--out", join(path, "below")]),
      3,
      /below.*: a part of the path is a file/,
      /--out/,
    );
  });

  test("a folder without write permission", async (context) => {
    if (process.getuid?.() === 0) context.skip("root may write anywhere");
    const path = join(folder, "locked");
    mkdirSync(path);
    chmodSync(path, 0o500);
    expectFailure(
      await genloom(["train", "gan", ...quick, "--out", join(path, "run")]),
      3,
      /permission denied/,
      /--out/,
    );
  });

  /** Mounts a small disk in memory; undefined where that is not allowed. */
  function smallDisk(name: string, options: string): string | undefined {
    const path = join(folder, name);
    mkdirSync(path);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", path], { stdio: "ignore" });
      return path;
    } catch {
      return undefined;
    }
  }

  test("a read-only disk", async (context) => {
    const disk = smallDisk("readonly", "ro,size=1m");
    if (disk === undefined) return context.skip("needs the right to mount");
    try {
      expectFailure(
        await genloom(["train", "gan", ...quick, "--out", join(disk, "run")]),
        3,
        /the disk is read-only/,
        /--out/,
      );
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  test("a full disk: nothing saved before is lost, and the run goes on elsewhere", async (context) => {
    const disk = smallDisk("full", "size=4m");
    if (disk === undefined) return context.skip("needs the right to mount");
    try {
      // A checkpoint takes 1.4 MB, and a third one beside two does not fit.
      const run = join(disk, "run");
      const args = ["train", "gan", ...quick, "--steps", "200", "--save-every", "10", "--keep", "3", "--out", run];
      expectFailure(await genloom(args), 3, /no space left on the disk/, /nothing saved before is lost/);
      expect(readdirSync(join(run, "checkpoints")).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      const { step } = await document(["sample", run, "--count", "2"]);
      expect(step).toBeGreaterThanOrEqual(10);
      const elsewhere = join(folder, "moved");
      cpSync(run, elsewhere, { recursive: true });
      const moved = await document(["train", "gan", "--resume", elsewhere]);
      const whole = await document([...args.slice(0, -1), join(folder, "roomy")]);
      expect(moved.weightHash).toBe(whole.weightHash);
    } finally {
      execFileSync("umount", [disk]);
    }
  });

  test("a full disk where streamed images are put aside", async (context) => {
    const disk = smallDisk("aside", "size=1m");
    if (disk === undefined) return context.skip("needs the right to mount");
    try {
      const pictures = join(folder, "pictures");
      mkdirSync(pictures);
      const bytes = encodePng({ width: 400, height: 400, channels: 3, data: new Uint8Array(480_000) });
      for (let i = 0; i < 5; i++) writeFileSync(join(pictures, `${i}.png`), bytes);
      const args = ["train", "gan", "--data", pictures, "--skip-bad", "--stream", ...out("unmade")];
      const failed = await genloom(args, { env: { TMPDIR: disk } });
      expectFailure(failed, 3, /aside.genloom-.+\.tmp: no space left on the disk/, /TMPDIR/);
      expect(readdirSync(disk)).toEqual([]);
    } finally {
      execFileSync("umount", [disk]);
    }
  });
});

describe("numbers, memory, hosts", () => {
  test("divergence: exit code 4, names step and tensor, keeps the last good values", async () => {
    const path = join(folder, "diverged");
    const dense = (units: number) => ({
      kind: "sequential",
      layers: [{ kind: "dense", units: 8 }, { kind: "relu" }, { kind: "dense", units }],
    });
    const sgd = { kind: "sgd", learningRate: 1e4 };
    const model = file(
      "wild.json",
      JSON.stringify({
        kind: "gan",
        latent: 2,
        generator: dense(2),
        discriminator: dense(1),
        loss: { kind: "leastSquares" },
        penalties: [],
        optimizers: { generator: sgd, discriminator: sgd },
        ema: 0,
        discriminatorSteps: 1,
      }),
    );
    const failed = await genloom(["train", "gan", ...quick, "--steps", "500", "--model", model, "--out", path]);
    expectFailure(
      failed,
      4,
      /training diverged at step \d+: .+ is not finite/,
      /learning rate.*last checkpoint is not affected/,
    );
    const names = readdirSync(join(path, "checkpoints")).filter((name) => name.endsWith(".safetensors"));
    expect(names.length).toBeGreaterThan(0);
    for (const name of names) {
      const { tensors } = readSafetensors(readFileSync(join(path, "checkpoints", name)));
      for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
    }
  });

  test("out of memory: exit code 5, says what asked for how much", async () => {
    const failed = await genloom([
      "train",
      "gan",
      "--preset",
      "ring",
      "--count",
      "500",
      "--threads",
      "1",
      "--batch",
      "9000000",
      "--steps",
      "1",
      ...out("memory"),
    ]);
    expectFailure(failed, 5, /out of memory: .+ needs [\d.]+ GB, [\d.]+ MB are in use/, /smaller batch/);
  });

  test("a host without what is needed: exit code 6", async () => {
    const without = "data:text/javascript,WebAssembly.validate=()=>false";
    expectFailure(
      await genloom(["doctor"], { node: ["--import", without] }),
      6,
      /WebAssembly SIMD is not available/,
      /Node/,
    );
  });

  test("a defect says so, with a stack under --debug only", async () => {
    const broken =
      "data:text/javascript,Object.defineProperty(process.versions,'node',{get(){throw new Error('pulled the plug')}})";
    const plain = await genloom(["doctor"], { node: ["--import", broken] });
    expectFailure(plain, 1, /a bug in genloom: pulled the plug/, /report/);
    const debug = await genloom(["doctor", "--debug"], { node: ["--import", broken] });
    expect(debug.stderr).toMatch(/\n {4}at /);
  });
});

/** Turns over one bit in the middle of a file. */
function flip(path: string): void {
  const bytes = readFileSync(path);
  bytes[bytes.length >> 1] ^= 1;
  writeFileSync(path, bytes);
}
