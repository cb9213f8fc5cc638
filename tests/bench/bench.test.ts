/** `genloom bench`: what it measures and the shape of what it prints; no figure is looked at. */
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRuntime, gan, layers } from "#binding";
import { type BenchReport, bench, productFlops } from "#src/bench/bench";
import { findScripts, findTorch, peerNames } from "#src/bench/find-peers";
import { type Peer, timePeer } from "#src/bench/peer";
import { resultPath, writeResult } from "#src/bench/results";
import { betterRoof } from "#src/bench/roof";
import { reportText } from "#src/bench/table";
import { bestOf } from "#src/bench/timing";
import { type TrainingWorkload, trainings } from "#src/bench/trainings";
import { workloads } from "#src/bench/workloads";
import { runCli } from "#src/cli/cli";
import { dataset } from "#src/data/dataset";
import { variablesOf } from "./variables-of.js";

const named = (name: string) => workloads.filter((workload) => workload.name === name);

const folder = () => mkdtempSync(join(tmpdir(), "genloom-bench-"));

/** A peer as bench runs one: a program that reads its options and prints lines. */
function peerOf(name: string, source: string, notes: readonly string[] = []): Peer {
  const program = join(folder(), "peer.cjs");
  writeFileSync(program, `const [, threads, , only, , seconds] = process.argv.slice(2);\n${source}`);
  const fixed = { version: "1", command: process.execPath, runsOnNode: true, variants: [] };
  return { name, program: () => program, notes, ...fixed };
}

/** Prints a line per workload that it knows. */
const echoPeer = () =>
  peerOf(
    "echo",
    `if (only === "toy-gan") {
  console.log("a line for people");
  console.log(JSON.stringify({ peer: "echo-1", threads: Number(threads), workload: only, ms: 10 / Number(threads) }));
  console.log(JSON.stringify({ peer: "echo-1", threads: Number(threads), workload: "other", ms: Number(seconds) }));
} else console.log(JSON.stringify({ note: "echo has no " + only }));`,
    ["echo is no library"],
  );

async function command(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  const texts = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    write: (text: string) => {
      texts[name] += text;
    },
  });
  const code = await runCli(["bench", ...args], { stdout: stream("stdout"), stderr: stream("stderr"), env: {} });
  return { code, ...texts };
}

/** Does four times as much beside its steps as in them. */
const slowTraining: TrainingWorkload = {
  name: "train slowly",
  summary: "",
  train: (runtime, { steps }) => {
    let last = performance.now();
    const model = gan({ latent: 2, generator: layers.dense(256), discriminator: layers.dense(1) });
    const data = dataset({ name: "rows", records: new Float32Array(25_600), shape: [256] });
    const onEvent = () => {
      const end = performance.now() + 4 * (performance.now() - last);
      while (performance.now() < end);
      last = performance.now();
    };
    return model.train(runtime, data, { steps, reportEvery: 50, onEvent });
  },
};

describe.each(workloads)("$name", (workload) => {
  test("one step leaves finite values, the same for 1 and 2 lanes", async () => {
    const found: Buffer[][] = [];
    for (const threads of [1, 2]) {
      const runtime = await createRuntime({ threads });
      const program = workload.compile(runtime);
      await program.run({}, { seed: 1 });
      const values = await variablesOf(runtime, program);
      expect(values.every((one) => one.every(Number.isFinite))).toBe(true);
      expect(productFlops(program)).toBeGreaterThan(0);
      found.push(values.map(({ buffer }) => Buffer.from(buffer)));
      await runtime.close();
    }
    expect(found[0].length).toBeGreaterThan(0);
    expect(found[0].every((bytes, i) => bytes.equals(found[1][i]))).toBe(true);
  });
});

test("workloads and trainings have names of their own", () => {
  const rows = [...workloads, ...trainings];
  expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
  expect(trainings.map(({ name }) => name)).toEqual([
    ...[128, 512, 2048].map((width) => `train mlp-gan w=${width}`),
    "train dcgan",
  ]);
});

describe("a report", () => {
  let report: BenchReport;
  const asked = join(folder(), "asked");
  const failing = peerOf(
    "failing",
    `require("node:fs").appendFileSync(${JSON.stringify(asked)}, only + "\\n");
throw new RangeError("it has no such thing");`,
  );

  test("has a row for each lane count and build, and its keys are stable", async () => {
    const said: string[] = [];
    report = await bench({
      createRuntime,
      workloads: [...named("toy-gan"), ...named("matmul-64")],
      trainings: [slowTraining],
      threads: [1, 2],
      builds: ["relaxed", "simd"],
      peers: [echoPeer(), failing],
      rounds: 2,
      seconds: 0.02,
      onProgress: (text) => said.push(text),
    });
    expect(Object.keys(report)).toEqual(["date", "machine", "roof", "peers", "results", "trainings", "notes"]);
    expect(Object.keys(report.roof)).toEqual(["fma", "mulAdd", "wide"]);
    expect(Object.keys(report.machine)).toEqual(["cpu", "cores", "memory", "platform", "node", "v8"]);
    for (const result of report.results) {
      expect(Object.keys(result).sort()).toEqual(
        ["workload", "threads", "build", "ms", "gflops", "overhead", "peers", "roofShare"].sort(),
      );
      expect(result.ms).toBeGreaterThan(0);
      expect(result.gflops).toBeGreaterThan(0);
    }
    const simd = report.results.filter(({ build }) => build.startsWith("simd"));
    expect(simd.map(({ workload, threads }) => `${workload} ${threads}`)).toEqual([
      "toy-gan 1",
      "toy-gan 2",
      "matmul-64 1",
      "matmul-64 2",
    ]);
    expect(said.filter((text) => text.startsWith("matmul-64")).at(-1)).toBe("matmul-64: round 2 of 2");
    expect(said.at(-1)).toBe("train slowly: 0.04 s of each");
    expect(report.peers).toEqual([
      { name: "echo", version: "1" },
      { name: "failing", version: "1" },
    ]);
    expect(report.notes).toContain("echo is no library");
    expect(report.notes).toContain("echo has no matmul-64");
  });

  test("goes on where a peer fails, says why, and asks it once per workload", () => {
    const notes = report.notes.filter((note) => note.startsWith("failing"));
    expect(notes).toEqual(
      ["toy-gan", "matmul-64"].map((name) => `failing: ${name} failed: RangeError: it has no such thing`),
    );
    expect(readFileSync(asked, "utf8")).toBe("toy-gan\nmatmul-64\n");
  });

  test("has train() beside its program, without peers, in the first build of each lane count", () => {
    const { trainings: rows } = report;
    expect(rows.map(({ workload, threads }) => `${workload} ${threads}`)).toEqual(["train slowly 1", "train slowly 2"]);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(["workload", "threads", "build", "train", "program", "ratio", "wallRatio"]);
      expect(row.ratio).toBe(row.train.processor / row.program.processor);
      expect(row.wallRatio).toBe(row.train.wall / row.program.wall);
      expect(report.results.map(({ build }) => build)).toContain(row.build);
      expect(row.wallRatio).toBeGreaterThan(2);
    }
    expect(rows[0].ratio).toBeGreaterThan(2);
    expect(readFileSync(asked, "utf8")).not.toContain("train");
  });

  test("has the peer's timings beside every row of a workload that the peer knows", () => {
    for (const { workload, peers } of report.results) {
      expect(peers).toEqual(
        workload === "toy-gan"
          ? [
              { name: "echo-1", threads: 1, ms: 10 },
              { name: "echo-1", threads: 2, ms: 5 },
            ]
          : [],
      );
    }
  });

  test("reads as a table, with ratios to the peer's best", () => {
    const text = reportText(report);
    const best = Math.min(...report.results.filter(({ workload }) => workload === "toy-gan").map(({ ms }) => ms));
    expect(text).toMatch(/workload +threads +build +ms +GFLOP\/s +of roof +outside kernels/);
    expect(text).toContain(`${(best / 5).toFixed(2)}x`);
    expect(text).toContain("5.000 (2)");
    expect(text).toContain("note: echo is no library");
    expect(text).toMatch(/processor ms per step +threads +build +train\(\) +program +ratio +by the clock/);
    expect(text).toContain(`${report.trainings[0].ratio.toFixed(3)}x`);
  });

  test("marks ratios above their target", () => {
    const ms = Math.min(...report.results.filter(({ workload }) => workload === "toy-gan").map((one) => one.ms));
    const beside = (name: string, share: number) => {
      const peers = [{ name, threads: 1, ms: ms / share, variant: "Haswell" }];
      const machine = { ...report.machine, cpu: "AMD EPYC" };
      return reportText({ ...report, machine, results: report.results.map((one) => ({ ...one, peers })) });
    };
    expect(beside("pytorch-1", 0.29)).toMatch(/\(1, Haswell\) +0\.29x \/ 0\.3(?!\*)/);
    expect(beside("pytorch-1", 0.31)).toContain("0.31x / 0.3*");
    expect(beside("jax-js-1", 0.19)).toMatch(/0\.19x \/ 0\.2(?!\*)/);
    expect(beside("jax-js-1", 0.21)).toContain("0.21x / 0.2*");
    expect(beside("jax-js-1", 0.21)).toContain("that for Zen 4");
  });

  test("is written whole, under a name that says when, where and on what", async () => {
    const machine = { ...report.machine, cpu: "Intel(R) Xeon(R) CPU @ 2.80GHz", node: "26.1.0" };
    const named = { ...report, date: "2026-03-04T05:06:07.000Z", machine };
    const path = resultPath(join(folder(), "results"), named);
    expect(path).toMatch(/2026-03-04-intel-xeon-cpu-2-80ghz-node26\.1\.0\.json$/);
    await writeResult(path, named);
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual(named);
  });
});

describe("a peer", () => {
  const question = { workload: "dcgan", threads: 1, seconds: 1 };

  test("that does not know a workload gives no timing, and may say why", async () => {
    expect(await timePeer(echoPeer(), question)).toEqual({
      timings: [],
      notes: ["echo has no dcgan"],
      hopeless: false,
    });
  });

  test("that does not end is ended", async () => {
    const slow = peerOf("slow", "setInterval(() => {}, 1000);");
    expect(await timePeer(slow, { ...question, limit: 0.5 })).toEqual({
      timings: [],
      notes: ["slow: dcgan not measured within 0.5 s"],
      hopeless: true,
    });
  });

  test("that is not there is no failure of ours", async () => {
    const missing = { ...echoPeer(), command: join(tmpdir(), "nowhere") };
    const { notes, hopeless } = await timePeer(missing, question);
    expect(hopeless).toBe(true);
    expect(notes[0]).toMatch(/^echo: dcgan failed: .*ENOENT/);
  });
});

test("JavaScript peers are those whose packages are installed", () => {
  const place = folder();
  expect(findScripts(place)).toEqual([]);
  mkdirSync(join(place, "node_modules/@jax-js/jax"), { recursive: true });
  writeFileSync(join(place, "node_modules/@jax-js/jax/package.json"), '{ "version": "0.1.2" }');
  const [found, ...others] = findScripts(place);
  expect(others).toEqual([]);
  expect(found).toMatchObject({ name: "jax-js", version: "0.1.2", command: process.execPath, runsOnNode: true });
  expect(found.program("dcgan")).toBe(join(place, "jax.js"));
  expect(peerNames).toEqual(["pytorch", "jax-js", "tensorflow.js", "onnxruntime-web"]);
});

test("PyTorch is not there without its program", async () => {
  // Two folders deep: beside the first one there may be anything.
  const empty = join(mkdtempSync(join(tmpdir(), "genloom-bench-")), "nowhere");
  expect(await findTorch([empty])).toBeUndefined();
  expect(await findTorch([], `${empty}.py`)).toBeUndefined();
});

test("the better roof", () => {
  const a = { fma: 50, mulAdd: 30, wide: null };
  expect(betterRoof(undefined, a)).toEqual(a);
  expect(betterRoof(a, { fma: 40, mulAdd: 35, wide: 100 })).toEqual({ fma: 50, mulAdd: 35, wide: 100 });
  const none = { fma: null, wide: null };
  expect(betterRoof({ mulAdd: 1, ...none }, { mulAdd: 2, ...none })).toEqual({ mulAdd: 2, ...none });
});

test("the best of many calls, in steps of growing number", async () => {
  const calls: number[] = [];
  const ms = await bestOf(async (times) => {
    calls.push(times);
    const end = performance.now() + 0.05 * times;
    while (performance.now() < end);
  }, 0.03);
  expect(ms).toBeGreaterThanOrEqual(0.05);
  expect(calls[0]).toBe(1);
  expect(Math.max(...calls)).toBeGreaterThan(10);
});

describe("the command", () => {
  test("prints one JSON document", async () => {
    const { code, stdout } = await command(
      ...["--only", "matmul-64", "--json", "--no-peers", "--threads", "1", "--deterministic"],
      ...["--rounds", "1", "--seconds", "0.02"],
    );
    expect(code).toBe(0);
    const { results } = JSON.parse(stdout) as BenchReport;
    expect(results).toHaveLength(1);
    expect(results[0]).toMatchObject({ workload: "matmul-64", threads: 1, build: "simd", peers: [] });
  });

  test("times a training by its name, and nothing else", async () => {
    const { code, stdout, stderr } = await command(
      ...["--only", "train mlp-gan w=128", "--json", "--no-peers", "--threads", "1", "--deterministic"],
      ...["--rounds", "1", "--seconds", "0.02"],
    );
    expect(code).toBe(0);
    const { results, trainings: rows } = JSON.parse(stdout) as BenchReport;
    expect(results).toEqual([]);
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({ workload: "train mlp-gan w=128", threads: 1, build: "simd" });
    expect(rows[0].ratio).toBeGreaterThan(0.5);
    expect(stderr).not.toContain("GFLOP/s  of roof");
  });

  test("prints a profile", async () => {
    const { code, stdout } = await command("--profile", "matmul-64", "--threads", "1,2", "--seconds", "0.02");
    expect(code).toBe(0);
    expect(stdout).toContain("matmul nn 64x64x64");
    expect(stdout).toContain("2 lanes");
  });

  test("with --json keeps the table for whoever watches; --out writes the document", async () => {
    const out = join(folder(), "deep/result.json");
    const { code, stdout, stderr } = await command(
      ...["--only", "matmul-64", "--json", "--no-peers", "--threads", "1", "--no-deterministic"],
      ...["--rounds", "1", "--seconds", "0.02", "--out", out],
    );
    expect(code).toBe(0);
    expect(readFileSync(out, "utf8")).toBe(stdout);
    expect(stderr).toMatch(/outside kernels/);
    expect(stderr).toContain(`written: ${out}`);
  });

  test.each([
    [["--only", "toy-gun"], 'no workload is named "toy-gun"'],
    [["--profile", "toy-gun"], 'no workload is named "toy-gun"'],
    [["--only", "toy-gan", "--torch", "nowhere.py"], "nowhere.py does not run"],
    [["--only", "toy-gan", "--peers", "tensorflow"], 'no peer is named "tensorflow"'],
    [["--threads", "1,x"], "integer"],
    [["--wide", "maybe"], "auto, on, off"],
    [["--wide", "on", "--deterministic"], "excludes --wide on"],
    [["--seconds", "0"], "above 0"],
  ])("%j is a usage error with a hint", async (args, message) => {
    const { code, stdout, stderr } = await command(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).toContain("hint:");
  });
});
