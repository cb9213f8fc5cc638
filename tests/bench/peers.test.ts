/** Peers that can be run in several ways: the fastest counts. Targets for ratios to them. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Peer } from "#src/bench/peer";
import { PeerTimings } from "#src/bench/peer-timings";
import { targetRatio } from "#src/bench/targets";
import { workloads } from "#src/bench/workloads";

/** A peer with three variants, the second of which fails; it writes down what it was asked. */
function variedPeer(): { peer: Peer; asked(): string[] } {
  const folder = mkdtempSync(join(tmpdir(), "genloom-peers-"));
  const [program, log] = [join(folder, "peer.cjs"), join(folder, "asked")];
  writeFileSync(
    program,
    `const [, threads, , workload] = process.argv.slice(2);
const kernels = process.env.KERNELS ?? "unset";
require("node:fs").appendFileSync(${JSON.stringify(log)}, [kernels, threads, process.execArgv].join(" ") + "\\n");
if (kernels === "broken") throw new RangeError("illegal instruction");
const ms = { unset: 8, fast: threads === "1" ? 4 : 16 }[kernels];
console.log(JSON.stringify({ peer: "varied-1", threads: Number(threads), workload, ms }));`,
  );
  const variants = [undefined, "broken", "fast"].map((name) => ({
    name: name ?? "unset",
    environment: { KERNELS: name },
  }));
  const peer: Peer = {
    ...{ name: "varied", version: "1", command: process.execPath, runsOnNode: true, variants, notes: [] },
    program: (workload) => (workload === "known" ? program : undefined),
  };
  return { peer, asked: () => readFileSync(log, "utf8").trim().split("\n") };
}

describe("a peer with variants", () => {
  test("is measured in all of them first, then in the fastest for each number of threads", async () => {
    const { peer, asked } = variedPeer();
    const timings = new PeerTimings([peer], { workload: "known", seconds: 0.1, nodeFlags: ["--no-warnings"] });
    expect(await timings.measure([1, 2])).toEqual(["varied (broken): known failed: RangeError: illegal instruction"]);
    expect(await timings.measure([1, 2])).toEqual([]);
    expect(timings.best).toEqual([
      { name: "varied-1", threads: 1, ms: 4, variant: "fast" },
      { name: "varied-1", threads: 2, ms: 8, variant: "unset" },
    ]);
    const first = ["unset 1", "unset 2", "broken 1", "fast 1", "fast 2"];
    const second = ["unset 2", "fast 1"];
    expect(asked()).toEqual([...first, ...second].map((line) => `${line} --no-warnings`));
  });

  test("does not pass on the variable of another variant", async () => {
    const { peer, asked } = variedPeer();
    process.env.KERNELS = "fast";
    const timings = new PeerTimings([peer], { workload: "known", seconds: 0.1, nodeFlags: [] });
    await timings.measure([1]);
    delete process.env.KERNELS;
    expect(asked()[0]).toBe("unset 1 ");
  });

  test("without a program for the workload gives no timing", async () => {
    const timings = new PeerTimings([variedPeer().peer], { workload: "other", seconds: 0.1, nodeFlags: [] });
    expect(await timings.measure([1])).toEqual([]);
    expect(timings.best).toEqual([]);
  });
});

describe("targets", () => {
  const [zen4, xeon] = ["AMD EPYC", "Intel(R) Xeon(R) Processor"];
  const to = (name: string, variant?: string) => ({ name, threads: 1, ms: 1, ...(variant ? { variant } : {}) });

  test("every workload has one against PyTorch and against JavaScript libraries", () => {
    for (const { name } of workloads) {
      for (const cpu of [zen4, xeon]) expect(targetRatio(name, to("pytorch-1.13.0"), cpu)).toBeGreaterThan(0);
      expect(targetRatio(name, to("jax-js-0.1"), zen4)).toBeLessThanOrEqual(0.35);
    }
  });

  test("depend on the processor, the kind of workload, and the BLAS that won", () => {
    expect(targetRatio("dcgan", to("pytorch-2"), zen4)).toBe(0.35);
    expect(targetRatio("dcgan", to("pytorch-2"), xeon)).toBe(0.5);
    expect(targetRatio("gru", to("pytorch-2"), zen4)).toBe(0.8);
    expect(targetRatio("matmul-512", to("pytorch-2", "SkylakeX"), zen4)).toBe(1.1);
    expect(targetRatio("matmul-512", to("pytorch-2", "SkylakeX"), xeon)).toBe(2);
    expect(targetRatio("matmul-512", to("pytorch-2", "Haswell"), xeon)).toBe(1);
    expect(targetRatio("dcgan-sample-1", to("onnxruntime-web-1"), zen4)).toBe(0.3);
    expect(targetRatio("matmul-64", to("onnxruntime-web-1"), zen4)).toBe(0.35);
    expect(targetRatio("dcgan", to("tensorflow.js-4 cpu"), zen4)).toBe(0.2);
  });
});
