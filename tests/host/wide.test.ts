/**
 * The builds `wide`: which are used only where V8 merges vectors, and left when their self-check fails. What needs merging
 * is tested where this Node can do it (24 and newer on x64), and in the hosts' suite: tests/hosts/wide.js.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import v8 from "node:v8";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Layout } from "#assembly/opcode";
import * as genloom from "#binding";
import * as selfCheck from "#src/host/wide/self-check";
import { Runtime } from "#src/host/runtime";
import type { RuntimeOptions } from "#src/host/choose-engine";
import { root } from "../../scripts/host.js";
import { hasAvx2 } from "../hosts/programs.js";

/** The suite is plain JavaScript, for pages; its types are not checked here. */
const { checkWide, hashOf } = await import(join(root, "tests/hosts/wide.js"));
const { binding, createRuntime, matmul, randomNormal, tanh } = genloom;

const flag = "--experimental-wasm-revectorize";
const bytes = (build: string) => readFileSync(join(root, `dist/kernels/${build}.wasm`));
const hasRelaxed = WebAssembly.validate(bytes("relaxed"));
const canSet = process.arch === "x64" && Number.parseInt(process.versions.node, 10) >= 24;
const canMerge = canSet && hasAvx2();

/** A started runtime's information; the runtime is closed. */
async function infoOf(options: RuntimeOptions, host = binding) {
  const runtime = await Runtime.create(host, { threads: 1, ...options });
  await runtime.close();
  return runtime.info;
}

const wideReasons = ({ reasons }: { reasons: readonly string[] }) => reasons.filter((one) => one.includes("wide"));

afterEach(() => void vi.restoreAllMocks());

describe("without merging", () => {
  test("no flag is set where wide is not asked for", async () => {
    const set = vi.spyOn(v8, "setFlagsFromString");
    const asked: RuntimeOptions[] = [{}, { wide: "auto" }, { wide: false }, { deterministic: true, wide: true }];
    for (const options of asked) {
      const info = await infoOf(options);
      if (!process.execArgv.includes(flag))
        expect(info.build).toBe(hasRelaxed && !options.deterministic ? "relaxed" : "simd");
      expect(wideReasons(info).length, JSON.stringify(options)).toBe(options.wide === true ? 1 : 0);
    }
    expect(set).not.toHaveBeenCalled();
  });

  test("a host's reason is told if wide is asked for, and only then", async ({ skip }) => {
    if (!hasRelaxed) skip(); // Node 20 does not know relaxed SIMD, which is a reason before any other
    const host = { ...binding, mergeVectors: () => "this host has a reason" };
    expect(await infoOf({ wide: true }, host)).toMatchObject({
      build: "relaxed",
      reasons: ["wide is off: this host has a reason"],
    });
    expect((await infoOf({ wide: "auto" }, host)).reasons).toEqual([]);
  });

  test.skipIf(!hasRelaxed || canSet)("this Node is too old or has another processor, and says so", async () => {
    expect(wideReasons(await infoOf({ wide: true })).join()).toMatch(
      /wide is off: (Node must be 24|the processor must be x64)/,
    );
  });

  test("anything else is refused with rule and value", async () => {
    await expect(createRuntime({ wide: "on" as "auto" })).rejects.toThrow(
      'createRuntime: wide must be "auto", true or false, found "on"',
    );
  });

  test.skipIf(!hasRelaxed)("a given module is refused where it must not be used", async () => {
    await expect(createRuntime({ wasm: bytes("wide"), wide: false })).rejects.toThrow(
      "wasm: the build must be other than wide where the option wide is false, found wide",
    );
    await expect(createRuntime({ wasm: bytes("wide"), deterministic: true })).rejects.toThrow(
      "wasm: the build must be without relaxed SIMD if deterministic is set, found wide",
    );
  });

  test.skipIf(!hasRelaxed)(
    "a measurement decides about a module that is given, or that a host cannot judge",
    async () => {
      // Compiled before any flag is set, so nothing is merged.
      if (process.execArgv.includes(flag)) return;
      const module = await WebAssembly.compile(bytes("wide"));
      const { mergeVectors: _, ...unknowing } = binding;
      for (const host of [binding, unknowing]) {
        const info = await infoOf({ wasm: module }, host);
        expect(info.build).toBe("relaxed");
        expect(info.wide?.speedup).toBeLessThan(1.3);
        expect(info.wide?.checks).toBe(0);
        expect(info.reasons.join()).toMatch(
          /^wide is off: this engine does not merge vectors \(pairs ran [01]\.\d\d times/,
        );
      }
      const asked: string[] = [];
      const wasm = (build: string) => {
        asked.push(build);
        return bytes(build);
      };
      expect((await infoOf({ wasm, wide: "auto" }, unknowing)).build).toBe("relaxed");
      expect(asked).toEqual(["relaxed"]);
      expect((await infoOf({ wasm, wide: true }, unknowing)).build).toBe("relaxed");
      expect(asked).toEqual(["relaxed", "wide", "relaxed"]);
    },
  );

  test.skipIf(!hasRelaxed).each([1, 2, 3])("relaxed passes the self-check of wide, %i lanes", async (threads) => {
    const runtime = await createRuntime({ threads, wide: false });
    expect(await hashOf(runtime, selfCheck)).toBe(selfCheck.selfCheck.wanted);
    await runtime.close();
  });
});

describe("an engine goes on with another module", () => {
  test.each([1, 2, 3])("on the same memory, %i lanes", async (threads) => {
    const runtime = await createRuntime({ threads, deterministic: true });
    const program = runtime.compile(() => ({
      outputs: { y: tanh(matmul(randomNormal([200, 100]), randomNormal([100, 200]))) },
    }));
    const run = async () => (await program.run({}, { seed: 2 })).y.data;
    const first = await run();
    const { build } = runtime.engine;
    const beats = async () => {
      const words = new Int32Array((await runtime.engine.read(Layout.Beats, threads * Layout.BeatBytes)).buffer);
      return Array.from({ length: threads }, (_, lane) => words[(lane * Layout.BeatBytes) / 4]);
    };
    for (let change = 0; change < 3; change++) {
      await runtime.engine.change(await WebAssembly.compile(bytes(build)), build);
      const before = await beats();
      expect(await run()).toEqual(first);
      const after = await beats();
      for (let lane = 1; lane < threads; lane++) expect(after[lane], `lane ${lane}`).toBeGreaterThan(before[lane]);
    }
    await expect(runtime.engine.change(await WebAssembly.compile(bytes("simd")), "relaxed")).rejects.toThrow(
      "kernels: the build must be relaxed here",
    );
    await runtime.close();
  });

  test("a lane that ends meanwhile is an error, not a silence", async () => {
    const runtime = await createRuntime({ threads: 2, deterministic: true });
    const [lane] = (runtime.engine as unknown as { started: Promise<{ terminate(): Promise<void> }>[] }).started;
    await (await lane).terminate();
    const module = await WebAssembly.compile(bytes("simd-threads"));
    await expect(runtime.engine.change(module, "simd-threads")).rejects.toThrow("lanes: one ended");
    await runtime.close();
  });
});

/** Checks of the hosts' suite, as tests. */
describe.skipIf(!canMerge)("where V8 merges vectors", () => {
  test("the flag is set once, when wide is asked for, and known from then on", async () => {
    const set = vi.spyOn(v8, "setFlagsFromString");
    const info = await infoOf({ wide: true });
    expect(info).toMatchObject({ build: "wide", reasons: [], wide: { checks: 1 } });
    expect(info.wide?.speedup).toBeGreaterThan(1.3);
    expect((await infoOf({ wide: "auto" })).build).toBe("wide");
    expect((await infoOf({ wide: false })).build).toBe("relaxed");
    expect(set.mock.calls).toEqual(process.execArgv.includes(flag) ? [] : [[flag]]);
  });

  // 1 / ln 2 in exp, 1 / 6 in Winograd's transform of weights, a factor of Philox: all copies in the module.
  const constants = { exp: "3baab83f", winograd: "abaa2a3e", random: "531f51d2" };
  test.each(Object.entries(constants))("kernels with another constant in %s are found", async (_, hex) => {
    const wrong = bytes("wide");
    const constant = Buffer.from(`fd0c${hex.repeat(4)}`, "hex");
    let copies = 0;
    for (let at = wrong.indexOf(constant); at >= 0; at = wrong.indexOf(constant, at + 1), copies++) wrong[at + 4] ^= 1;
    expect(copies).toBeGreaterThan(0);
    const loadBuild: typeof binding.loadBuild = (name) =>
      name === "wide" ? WebAssembly.compile(wrong) : binding.loadBuild(name);
    expect(await infoOf({ wide: true }, { ...binding, loadBuild })).toMatchObject({
      build: "relaxed",
      wide: { checks: 0 },
      reasons: [
        expect.stringMatching(
          /^wide was given up: it gave other bits in its self-check \(number 1: [0-9a-f]{16}, not /,
        ),
      ],
    });
  });

  test("the hosts' checks hold", async () => {
    const failures: string[] = [];
    let passed = 0;
    await checkWide({ genloom, selfCheck }, async (name: string, task: () => unknown) => {
      try {
        await task();
        passed++;
      } catch (error) {
        failures.push(`${name}: ${error}`);
      }
    });
    expect(failures).toEqual([]);
    expect(passed).toBeGreaterThan(12);
  });
});
