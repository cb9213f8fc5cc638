/**
 * Starting an engine: the choice of a build and a number of lanes for this host, with the reasons for each restriction.
 */
import type { Binding } from "./binding.js";
import { type Capabilities, probeCapabilities } from "./capabilities.js";
import type { Engine } from "./engine.js";
import { HostError } from "../errors.js";
import type { BuildName } from "./kernels.js";
import { heapStart, mostBytes, mostLanes } from "./memory.js";
import type { WasmSource } from "./wasm-source.js";

export interface RuntimeOptions {
  /** Number of lanes, at least 1, or "auto" (default) for one per core if memory can be shared. */
  readonly threads?: number | "auto";
  /** Same bits on every engine: relaxed SIMD is not used. */
  readonly deterministic?: boolean;
  /** Seed of the initial values of variables that are used without `initialize`; default 0. */
  readonly seed?: number;
  /**
   * Kernels from another source: one of genloom/kernels/*.wasm as a module, bytes, a response or an address; or a
   * function from a build's name to it.
   */
  readonly wasm?: WasmSource | ((build: BuildName) => WasmSource);
  /** Limit of the kernels' memory in bytes; default 4 GiB, in browsers 1 GiB, on the edge 112 MiB. */
  readonly memory?: number;
}

export interface RuntimeInfo {
  readonly host: string;
  readonly version: string;
  readonly build: BuildName;
  readonly lanes: number;
  readonly capabilities: Capabilities;
  /** Reasons for features that are off, one sentence each. */
  readonly reasons: readonly string[];
}

/** Properties of a build, from its name. */
const isRelaxed = (build: BuildName): boolean => build.startsWith("relaxed");
const isThreaded = (build: BuildName): boolean => build.endsWith("-threads");

/** Starts an engine. Throws RangeError for invalid options, HostError if the host lacks a required feature. */
export async function startEngine(
  binding: Binding,
  { threads = "auto", deterministic = false, wasm, memory = binding.memory }: RuntimeOptions,
): Promise<{ engine: Engine; info: RuntimeInfo }> {
  if (threads !== "auto" && (!Number.isInteger(threads) || threads < 1 || threads > mostLanes)) {
    throw new RangeError(`threads: "auto" or a whole number from 1 to ${mostLanes}, found ${threads}`);
  }
  if (!(memory >= heapStart(1) && memory <= mostBytes)) {
    throw new RangeError(`memory: a number of bytes from ${heapStart(1)} to ${mostBytes}, found ${memory}`);
  }
  const capabilities = probeCapabilities();
  insist(capabilities);
  const reasons: string[] = [];
  const wanted =
    threads === "auto" ? Math.min(binding.concurrency, mostLanes, Math.floor(memory / 2 / heapStart(1)) || 1) : threads;
  const obstacle = whyNoLanes(capabilities, binding);
  if (obstacle && (wanted > 1 || binding.noLanes)) reasons.push(`one lane only: ${obstacle}`);
  let lanes = obstacle ? 1 : wanted;
  let module: WebAssembly.Module;
  let build: BuildName;
  if (wasm !== undefined && typeof wasm !== "function") {
    const { loadModule, buildOf } = await import("./wasm-source.js");
    module = await loadModule(wasm, binding);
    build = buildOf(module);
    if (deterministic && isRelaxed(build))
      throw new RangeError(`wasm: deterministic needs a build without relaxed SIMD, found ${build}`);
    if (isThreaded(build) && !capabilities.sharedMemory) {
      throw new HostError(`wasm: the build ${build} needs shared memory, and ${obstacle}`, {
        code: "ERR_NO_SHARED_MEMORY",
        hint: `give the build ${build.replace("-threads", "")} here`,
      });
    }
    if (!isThreaded(build) && lanes > 1) {
      reasons.push(`one lane only: the given build is ${build}`);
      lanes = 1;
    }
  } else {
    const relaxed = capabilities.relaxedSimd && !deterministic;
    if (!relaxed)
      reasons.push(`relaxed SIMD is off: ${deterministic ? "deterministic is set" : "this engine does not have it"}`);
    build = `${relaxed ? "relaxed" : "simd"}${lanes > 1 ? "-threads" : ""}`;
    module = wasm
      ? await (await import("./wasm-source.js")).loadModule(wasm(build), binding)
      : await binding.loadBuild(build);
  }
  const engine = await binding.startEngine({
    module,
    build,
    lanes,
    memory,
    // A given number of lanes must be met; "auto" may begin with one, because results do not depend on lanes.
    complete: threads !== "auto",
    report: (reason) => reasons.push(reason),
  });
  const { host, version } = binding;
  return { engine, info: { host, version, build: engine.build, lanes: engine.lanes, capabilities, reasons } };
}

function insist({ wasm, simd }: Capabilities): void {
  if (!wasm) {
    throw new HostError("host: WebAssembly is not available", {
      code: "ERR_NO_WASM",
      hint: "every current browser, Node 20, Deno and Bun have it; some browsers switch it off in lockdown or enhanced security modes",
    });
  }
  if (!simd) {
    throw new HostError("host: WebAssembly SIMD is not available", {
      code: "ERR_NO_SIMD",
      hint: "it needs Chromium 91, Firefox 89, Safari 16.4, Node 16.4, or newer",
    });
  }
}

function whyNoLanes({ threads, sharedMemory }: Capabilities, { noLanes }: Binding): string {
  if (noLanes) return noLanes;
  if (!threads) return "this engine has no WebAssembly threads";
  if (!sharedMemory) {
    const { crossOriginIsolated, isSecureContext } = globalThis as {
      crossOriginIsolated?: boolean;
      isSecureContext?: boolean;
    };
    // No header isolates a page that came by http from another machine.
    const place = isSecureContext === false ? "https or localhost, and " : "";
    const rule =
      crossOriginIsolated === true
        ? "though the page is cross-origin isolated"
        : `a page needs ${place}the headers COOP: same-origin and COEP: require-corp`;
    return `memory cannot be shared here (${rule})`;
  }
  return "";
}
