/** `genloom bench`: what it measures and the shape of what it prints; no figure is looked at. */
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createRuntime, type Program, type Runtime } from "#binding";
import { bench, type BenchReport, productFlops } from "#src/bench/bench";
import { findTorch, type Peer, timePeer } from "#src/bench/peer";
import { profileWorkload } from "#src/bench/profile";
import { betterRoof } from "#src/bench/roof";
import { profileText, reportText, table } from "#src/bench/table";
import { bestOf } from "#src/bench/timing";
import { workloads } from "#src/bench/workloads";
import { runCli } from "#src/cli/cli";

const named = (name: string) => workloads.filter((workload) => workload.name === name);

/** A peer as bench runs one: a program that prints a line per workload that it knows. */
function echoPeer(): Peer {
  const program = join(mkdtempSync(join(tmpdir(), "genloom-bench-")), "peer.js");
  writeFileSync(
    program,
    `const [, threads, , only, , seconds] = process.argv.slice(2);
if (only === "toy-gan") {
  console.log("a line for people");
  console.log(JSON.stringify({ peer: "echo-1", threads: Number(threads), workload: only, ms: 10 / Number(threads) }));
  console.log(JSON.stringify({ peer: "echo-1", threads: Number(threads), workload: "other", ms: Number(seconds) }));
}`,
  );
  return { name: "echo", command: process.execPath, arguments: [program], notes: ["echo is no library"] };
}

/** The floating-point variables of a program: parameters, optimizer state, products. */
function variablesOf(runtime: Runtime, program: Program): Promise<Float32Array[]> {
  const variables = program.compiled().variables.filter(({ dtype }) => dtype === "f32");
  return Promise.all(variables.map(async (one) => (await runtime.read(one)).data as Float32Array));
}

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

test("workloads have names of their own", () => {
  expect(new Set(workloads.map(({ name }) => name)).size).toBe(workloads.length);
});

describe("a report", () => {
  let report: BenchReport;
  const peer = echoPeer();

  test("has a row for each lane count and build, and its keys are stable", async () => {
    const said: string[] = [];
    report = await bench({
      createRuntime,
      workloads: [...named("toy-gan"), ...named("matmul-64")],
      threads: [1, 2],
      deterministic: [false, true],
      peers: [peer],
      rounds: 2,
      seconds: 0.02,
      onProgress: (text) => said.push(text),
    });
    expect(Object.keys(report)).toEqual(["machine", "roof", "results", "notes"]);
    expect(Object.keys(report.roof)).toEqual(["fma", "mulAdd"]);
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
    expect(said.at(-1)).toBe("matmul-64: round 2 of 2");
    expect(report.notes).toContain("echo is no library");
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
  });
});

test("a peer that does not know a workload gives no timing", async () => {
  expect(await timePeer(echoPeer(), { workload: "dcgan", threads: 1, seconds: 1 })).toEqual([]);
});

test("PyTorch is not there without its program", async () => {
  expect(await findTorch([join(tmpdir(), "nowhere")])).toBeUndefined();
  expect(await findTorch([], join(tmpdir(), "nowhere.py"))).toBeUndefined();
});

test("the better roof", () => {
  const a = { fma: 50, mulAdd: 30 };
  expect(betterRoof(undefined, a)).toEqual(a);
  expect(betterRoof(a, { fma: 40, mulAdd: 35 })).toEqual({ fma: 50, mulAdd: 35 });
  expect(betterRoof({ fma: null, mulAdd: 1 }, { fma: null, mulAdd: 2 })).toEqual({ fma: null, mulAdd: 2 });
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

test("columns line up", () => {
  expect(
    table([
      ["name", "ms"],
      ["a", "1.25"],
      ["long name", "12"],
    ]),
  ).toBe("name         ms\na          1.25\nlong name    12");
});

test("a profile names every command and leaves the variables as they were", async () => {
  const [workload] = named("toy-gan");
  const profile = await profileWorkload(workload, { createRuntime, threads: 1, deterministic: false, seconds: 0.02 });
  const runtime = await createRuntime({ threads: 1 });
  const program = workload.compile(runtime);
  const commands = program.compiled().waves.flat();
  expect(profile.commands.map(({ label }) => label)).toEqual(
    commands.map(({ label }) => label).filter((label) => label !== "tick"),
  );
  await program.run({}, { seed: 1 });
  const before = await variablesOf(runtime, program);
  await program.profile({}, 2);
  expect(program.step).toBe(1);
  expect(await variablesOf(runtime, program)).toEqual(before);
  const text = profileText(profile.commands, profile.ms);
  expect(text).toContain("matmul nn 64x128x128");
  expect(text).toMatch(/^step [\d.]+ ms: \d+ commands [\d.]+ ms, outside kernels -?[\d.]+%/);
  await runtime.close();
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

  test("prints a profile", async () => {
    const { code, stdout } = await command("--profile", "matmul-64", "--threads", "1,2", "--seconds", "0.02");
    expect(code).toBe(0);
    expect(stdout).toContain("matmul nn 64x64x64");
    expect(stdout).toContain("2 lanes");
  });

  test.each([
    [["--only", "toy-gun"], 'no workload is named "toy-gun"'],
    [["--profile", "toy-gun"], 'no workload is named "toy-gun"'],
    [["--only", "toy-gan", "--torch", "nowhere.py"], "nowhere.py does not run"],
    [["--threads", "1,x"], "whole number"],
    [["--seconds", "0"], "above 0"],
  ])("%j is a usage error with a hint", async (args, message) => {
    const { code, stdout, stderr } = await command(...args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
    expect(stderr).toContain("hint:");
  });
});
