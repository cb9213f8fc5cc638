/** What happens to runs, disks, numbers and memory: each a one-line error with a hint and the right exit code, and nothing saved is lost. */
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
