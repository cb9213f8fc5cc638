// Hosts that run a program in a realm of its own (Next's edge sandbox, Jest), with globals that lie.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createContext, runInContext } from "node:vm";
import { afterEach, expect, test, vi } from "vitest";
import { createRuntime, mean } from "#binding";
import { edgeBinding } from "#bindings/edge-host";
import { Runtime } from "#src/host/runtime";
import { loadModule } from "#src/host/wasm-source";
import { root } from "../../scripts/host.js";

afterEach(() => vi.unstubAllGlobals());

const bytes = new Uint8Array(readFileSync(join(root, "dist/kernels/simd.wasm")));
const elsewhere = createContext({ bytes });
const foreignModule: WebAssembly.Module = runInContext("new WebAssembly.Module(bytes)", elsewhere);
const foreignBuffer: ArrayBuffer = runInContext("Uint8Array.from(bytes).buffer", elsewhere);

/** The mean of three numbers, by a runtime. */
async function meanBy(started: Promise<Runtime>): Promise<number> {
  const runtime = await started;
  try {
    const program = runtime.compile(({ input }) => ({ outputs: { y: mean(input("x", [3])) } }));
    return (await program.run({ x: [1, 2, 6] })).y.item();
  } finally {
    await runtime.close();
  }
}

test("a module and bytes of another realm are a module and bytes", async () => {
  expect(foreignModule).not.toBeInstanceOf(WebAssembly.Module);
  expect(foreignBuffer).not.toBeInstanceOf(ArrayBuffer);
  expect(await loadModule(foreignModule, {})).toBe(foreignModule);
  expect(await meanBy(createRuntime({ wasm: foreignModule }))).toBe(3);
  expect(await meanBy(createRuntime({ wasm: foreignBuffer }))).toBe(3);
});

test("an edge host with one build: no relaxed SIMD, and the reason", async () => {
  const edge = edgeBinding({ simd: foreignModule });
  const runtime = await Runtime.create(edge, {});
  const { build, reasons } = runtime.info;
  await runtime.close();
  expect(build).toBe("simd");
  expect(reasons.filter((reason) => reason.startsWith("relaxed SIMD is off: "))).toHaveLength(1);
  expect(await meanBy(Runtime.create(edge, {}))).toBe(3);
});

const program = `
  const { createRuntime, mean } = await import("genloom");
  const runtime = await createRuntime({ threads: 1 });
  const { y } = await runtime.compile(({ input }) => ({ outputs: { y: mean(input("x", [3])) } })).run({ x: [1, 2, 6] });
  console.log(y.item());`;

test.each([
  ["without TextDecoder, as Jest's jsdom", [], "delete globalThis.TextDecoder;"],
  ["with frozen intrinsics", ["--frozen-intrinsics", "--no-warnings"], ""],
])("a process %s, where AssemblyScript's loader does not load", (_, flags, before) => {
  const load = 'await import("@assemblyscript/loader").then(() => console.log("loads"), () => undefined);';
  const options = { cwd: root, encoding: "utf8" } as const;
  const args = [...flags, "--input-type=module", "--eval", `${before}${load}${program}`];
  expect(execFileSync(process.execPath, args, options).trim()).toBe("3");
});

/** The module of turns, evaluated anew where named globals throw when they are called, as those of Next's edge runtime. */
async function turnsWithout(...names: string[]): Promise<typeof import("#src/host/turn")> {
  for (const name of names)
    vi.stubGlobal(name, function refused() {
      throw new Error(`${name} is not supported in the Edge Runtime`);
    });
  return import(`${pathToFileURL(join(root, "dist/src/host/turn.js"))}?without=${names}`);
}

test.each([["setImmediate"], ["setImmediate", "MessageChannel"]])(
  "turns where these throw: %s %s",
  async (...names) => {
    const { hostTurn } = await turnsWithout(...names);
    let later = false;
    const turn = hostTurn().then(() => later);
    await Promise.resolve();
    later = true;
    expect(await turn).toBe(true);
    await hostTurn();
  },
);

test("a turn where nothing works rejects", async () => {
  const { hostTurn } = await turnsWithout("setImmediate", "MessageChannel", "setTimeout");
  await expect(hostTurn()).rejects.toThrow("setTimeout is not supported");
});
