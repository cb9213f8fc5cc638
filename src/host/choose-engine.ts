/**
 * Starting an engine: the choice of a build and a number of lanes for this host, with the reasons for each restriction.
 */
import type { Binding } from "./binding.js";
import { type Capabilities, probeCapabilities } from "./capabilities.js";
import type { Engine } from "./engine.js";
import { HostError } from "../errors.js";
import { type BuildName, isWide } from "./kernels.js";
import { isLittleEndian } from "../numbers/byte-order.js";
import { heapStart, mostBytes, mostLanes } from "./memory.js";
import { textOf } from "../options.js";
import type { WasmSource } from "./wasm-source.js";
import type { WasmModule } from "../web-types.js";

export interface RuntimeOptions {
  /** Number of lanes, at least 1, or "auto" (default) for one per core if memory can be shared. */
  readonly threads?: number | "auto";
  /** Same bits on every engine: relaxed SIMD is not used. */
  readonly deterministic?: boolean;
  /**
   * The builds `wide`, for engines that merge two 128-bit operations into one of 256 bits: V8 on x64, with its experimental
   * flag `--experimental-wasm-revectorize`. "auto" (default): where the flag is known to be on. true: also sets the flag,
   * for the whole process, where the host can (Node 24 and newer). false: never. In each case only if a measurement shows
   * that vectors are merged, and as long as the kernels pass their self-check; otherwise `relaxed` is used, with the same
   * bits. A given function `wasm` is asked for `wide` only if this is true.
   */
  readonly wide?: boolean | "auto";
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
  /** The current build: a `wide` one is given up if it fails its self-check. */
  readonly build: BuildName;
  readonly lanes: number;
  /** What was found out about a `wide` build. */
  readonly wide?: WideInfo;
  readonly capabilities: Capabilities;
  /** Reasons for features that are off, one sentence each. */
  readonly reasons: readonly string[];
}

export interface WideInfo {
  /** Speed of merged multiply-adds relative to single ones: about 2 if the engine merges vectors, about 1 if not. */
  readonly speedup: number;
  /** Number of self-checks that the kernels have passed. */
  readonly checks: number;
}

const nothing = () => undefined;

/** Properties of a build, from its name. */
const isRelaxed = (build: BuildName): boolean => !build.startsWith("simd");
const isThreaded = (build: BuildName): boolean => build.endsWith("-threads");

/** A started engine, and the loader of other builds for it. */
export interface Started {
  readonly engine: Engine;
  readonly info: RuntimeInfo;
  readonly load: (build: BuildName) => Promise<WasmModule>;
}

/** Starts an engine. Throws RangeError for invalid options, HostError if the host lacks a required feature. */
export async function startEngine(
  binding: Binding,
  { threads = "auto", deterministic = false, wide = "auto", wasm, memory = binding.memory }: RuntimeOptions,
): Promise<Started> {
  if (threads !== "auto" && (!Number.isInteger(threads) || threads < 1 || threads > mostLanes)) {
    throw new RangeError(
      `createRuntime: threads must be "auto" or an integer from 1 to ${mostLanes}, found ${textOf(threads)}`,
    );
  }
  if (!(memory >= heapStart(1) && memory <= mostBytes)) {
    throw new RangeError(
      `createRuntime: memory must be a number of bytes from ${heapStart(1)} to ${mostBytes}, found ${textOf(memory)}`,
    );
  }
  if (wide !== "auto" && typeof wide !== "boolean")
    throw new RangeError(`createRuntime: wide must be "auto", true or false, found ${textOf(wide)}`);
  const capabilities = probeCapabilities();
  insist(capabilities);
  const reasons: string[] = [];
  const whyPlain = whyNotRelaxed(capabilities, binding, { deterministic, given: wasm !== undefined });
  const relaxed = !whyPlain;
  // Before any module is compiled, because V8 reads the flag then.
  const whyNarrow = relaxed ? whyNotWide(binding, { wide, wasm }) : "relaxed SIMD is off";
  if (whyNarrow && wide === true) reasons.push(`wide is off: ${whyNarrow}`);
  const wanted =
    threads === "auto" ? Math.min(binding.concurrency, mostLanes, Math.floor(memory / 2 / heapStart(1)) || 1) : threads;
  const obstacle = whyNoLanes(capabilities, binding);
  if (obstacle && (wanted > 1 || binding.noLanes)) reasons.push(`one lane only: ${obstacle}`);
  let lanes = obstacle ? 1 : wanted;
  let module: WebAssembly.Module | Promise<WebAssembly.Module>;
  let build: BuildName;
  const load: Started["load"] = async (name) =>
    typeof wasm === "function"
      ? (await import("./wasm-source.js")).loadModule(wasm(name), binding)
      : binding.loadBuild(name);
  if (wasm !== undefined && typeof wasm !== "function") {
    const { loadModule, buildOf } = await import("./wasm-source.js");
    module = await loadModule(wasm, binding);
    build = await buildOf(module);
    if (deterministic && isRelaxed(build))
      throw new RangeError(`wasm: the build must be without relaxed SIMD if deterministic is set, found ${build}`);
    if (wide === false && isWide(build))
      throw new RangeError(`wasm: the build must be other than wide where the option wide is false, found ${build}`);
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
    if (whyPlain) reasons.push(`relaxed SIMD is off: ${whyPlain}`);
    build = `${relaxed ? (whyNarrow ? "relaxed" : "wide") : "simd"}${lanes > 1 ? "-threads" : ""}`;
    const loading = load(build);
    // An engine that fails before it awaits the module hears no more of it.
    loading.catch(nothing);
    module = loading;
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
  const info = {
    ...{ host, version, capabilities, reasons },
    get lanes() {
      return engine.lanes;
    },
    get build() {
      return engine.build;
    },
  };
  return { engine, info, load };
}

/** Why the kernels must be without relaxed SIMD; undefined if they need not be. */
function whyNotRelaxed(
  { relaxedSimd }: Capabilities,
  { noRelaxed }: Binding,
  { deterministic, given }: { deterministic: boolean; given: boolean },
): string | undefined {
  if (deterministic) return "deterministic is set";
  if (!relaxedSimd) return "this engine does not have it";
  return given ? undefined : noRelaxed;
}

/** Why the host's flags rule out the builds `wide`; undefined if it is worth a measurement. */
function whyNotWide(binding: Binding, { wide, wasm }: { wide: boolean | "auto"; wasm: unknown }): string | undefined {
  if (wide === true || (wide === "auto" && typeof wasm !== "function"))
    return binding.mergeVectors ? binding.mergeVectors(wide === true) : wide === true ? undefined : "unknown";
  return "not asked for";
}

function insist({ wasm, simd }: Capabilities): void {
  if (!isLittleEndian()) {
    throw new HostError("host: the byte order must be little-endian, found big-endian", {
      code: "ERR_BIG_ENDIAN",
      hint: "WebAssembly's memory is little-endian, as x86-64 and arm64 are",
    });
  }
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
    const { crossOriginIsolated, isSecureContext, location } = globalThis as {
      crossOriginIsolated?: boolean;
      isSecureContext?: boolean;
      location?: { protocol: string };
    };
    // No header isolates a page that came by http from another machine.
    const place = isSecureContext === false ? "https or localhost, and " : "";
    const rule =
      location?.protocol === "file:"
        ? "a page from a disk"
        : crossOriginIsolated
          ? "though the page is cross-origin isolated"
          : `a page needs ${place}the headers COOP: same-origin and COEP: require-corp or credentialless, or Document-Isolation-Policy: isolate-and-credentialless`;
    return `memory cannot be shared here (${rule})`;
  }
  return "";
}
