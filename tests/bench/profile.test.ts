/** Where the time of a step goes, and columns of texts. */
import { expect, test, vi } from "vitest";
import { Opcode } from "#assembly/opcode";
import { createRuntime } from "#binding";
import { groupEntries, profileWorkload } from "#src/bench/profile";
import { profileText } from "#src/bench/table";
import { workloads } from "#src/bench/workloads";
import { countBarriers, timeCommands } from "#src/host/profile";
import { table } from "#src/report/columns";
import { variablesOf } from "./variables-of.js";

const named = (name: string) => workloads.filter((workload) => workload.name === name);

test("a profile names every command and leaves the variables as they were", async () => {
  const [workload] = named("toy-gan");
  const profile = await profileWorkload(workload, { createRuntime, threads: 1, build: "relaxed", seconds: 0.02 });
  const runtime = await createRuntime({ threads: 1 });
  const program = workload.compile(runtime);
  const commands = program.compiled().waves.flat();
  const labels = profile.commands.map(({ label }) => label);
  expect(labels.slice(0, -1)).toEqual(commands.map(({ label }) => label).filter((label) => label !== "tick"));
  expect(labels.at(-1)).toMatch(/^barrier x \d+$/);
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

test("a command's time is free of the price of a run: a short one's by repetitions, a long one's from one run", async () => {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => now);
  let turns = 0;
  const most = new Map<number, number>();
  const run = async (ms: number, times: number) => {
    most.set(ms, Math.max(most.get(ms) ?? 0, times));
    now += 0.01 + (ms + 0.0005) * times + (turns++ % 5 === 0 ? 0.007 : 0); // every fifth is interrupted
  };
  const addresses = { step: 3, empty: 0, programs: [0.004, 0.02, 2] };
  const { milliseconds, barrier } = await timeCommands(run, { ...addresses, rounds: 20 });
  vi.restoreAllMocks();
  expect(barrier).toBeCloseTo(0.0005, 9);
  [0.004, 0.02, 2].forEach((ms, i) => {
    expect(milliseconds[i]).toBeCloseTo(ms, 9);
  });
  expect(most.get(0.004)).toBeGreaterThan(most.get(0.02) as number);
  expect(most.get(2)).toBe(1);
});

test("barriers are counted, the one at the end included", () => {
  const words = [
    ...[Opcode.Fill, 6, 0, 0, 0, 9],
    ...[Opcode.Barrier, 5, 0, 1, 0],
    ...[Opcode.Fill, 6, 0, 2, 0, 9],
    ...[Opcode.End, 5, 0, 3, 0],
  ];
  expect(countBarriers(Int32Array.from(words))).toBe(2);
});

test("a profile's groups add up what is alike", () => {
  const entry = (label: string, milliseconds: number, gflops: number) => ({
    ...{ label, milliseconds, gflops },
    ...{ gigabytes: 0, lanes: 1 },
  });
  const entries = [
    entry("map relu [64] x 1", 1, 0),
    entry("matmul nn 1x2x3", 1, 10),
    entry("matmul tn 1x2x3 + map relu [3] x 1", 3, 50),
    entry("conv2d 4x4 / 2x2 [1, 8, 8, 1] [1, 4, 4, 8]", 0.5, 1),
    entry("conv2d 4x4 / 2x2 [1, 8, 8, 8] [1, 4, 4, 8] winograd 2x2 + map relu [8] x 1", 2, 1),
    entry("winograd weights [4, 4, 8, 8]", 0.25, 0),
    entry("barrier x 3", 0, 0),
  ];
  expect(groupEntries(entries)).toEqual([
    { kind: "matmul", count: 2, milliseconds: 4, gflops: 40 },
    { kind: "conv2d winograd", count: 1, milliseconds: 2, gflops: 1 },
    { kind: "map", count: 1, milliseconds: 1, gflops: 0 },
    { kind: "conv2d", count: 1, milliseconds: 0.5, gflops: 1 },
    { kind: "winograd weights", count: 1, milliseconds: 0.25, gflops: 0 },
    { kind: "barrier", count: 1, milliseconds: 0, gflops: 0 },
  ]);
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
