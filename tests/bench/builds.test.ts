/** Which kernel builds a run measures, and what their products are compared with. */
import { expect, test } from "vitest";
import { createRuntime, type Runtime } from "#binding";
import { bench } from "#src/bench/bench";
import { type BenchBuild, refusals, roofOf, setMerging, startBuild } from "#src/bench/builds";
import { workloads } from "#src/bench/workloads";

const hasWide = Number.parseInt(process.versions.node, 10) >= 24 && process.arch === "x64";

test("each build is compared with its own roof, or with the nearest that was measured", () => {
  const all = { fma: 60, mulAdd: 50, wide: 110 };
  expect(["wide", "wide-threads", "relaxed-threads", "simd"].map((build) => roofOf(all, build))).toEqual([
    ...[110, 110, 60, 50],
  ]);
  expect(roofOf({ fma: 60, mulAdd: 50, wide: null }, "wide")).toBe(60);
  expect(roofOf({ fma: null, mulAdd: 50, wide: null }, "relaxed")).toBe(50);
});

test("a build that was refused is named with the reasons", () => {
  const runtime = (build: string, ...reasons: string[]) => ({ info: { build, reasons } }) as unknown as Runtime;
  expect(refusals(runtime("wide-threads", "one lane only"), "wide")).toEqual([]);
  expect(refusals(runtime("relaxed", "no AVX2"), "wide")).toEqual(["no AVX2"]);
  expect(refusals(runtime("relaxed"), "wide")[0]).toMatch(/^the build wide is not available here: relaxed/);
});

test.each<[BenchBuild, number]>([
  ["simd", 1],
  ["simd", 2],
])("%s on %i lanes", async (build, lanes) => {
  const runtime = await startBuild(createRuntime, build, lanes);
  expect(runtime.info.build).toBe(lanes > 1 ? "simd-threads" : "simd");
  await runtime.close();
});

test("a run measures the wide build where the engine has it, and says so where not", async () => {
  const report = await bench({
    createRuntime,
    workloads: workloads.filter(({ name }) => name === "matmul-64"),
    trainings: [],
    threads: [1],
    builds: ["wide", "relaxed", "simd"],
    peers: [],
    rounds: 1,
    seconds: 0.05,
  });
  setMerging("simd");
  const found = report.results.map(({ build }) => build);
  if (hasWide) {
    expect(found).toEqual(["wide", "relaxed", "simd"]);
    expect(report.roof.wide).toBeGreaterThan(report.roof.fma as number);
  } else {
    expect(found.filter((build) => build.startsWith("wide"))).toEqual([]);
    expect(report.roof.wide).toBeNull();
    expect(report.notes.length).toBeGreaterThan(0);
  }
});
