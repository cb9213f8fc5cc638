/** Kernel modules from a source that the user gives, and errors that explain what was found instead. */
import { Build } from "../../assembly/opcode.js";
import type { Binding } from "./binding.js";
import { HostError } from "../errors.js";
import { type BuildName, buildName, instantiateKernels } from "./kernels.js";
import type { OwnBytes, OwnView, WasmModule, WebResponse, WebUrl } from "../web-types.js";

type Uncompiled = ArrayBuffer | OwnView | WebResponse | WebUrl | string;
type One = WasmModule | Uncompiled;

/** A kernel module: compiled, as bytes, as a response, or as an address to fetch; or a promise of one of these. */
export type WasmSource = One | Promise<One>;

// By name, as a value may be of another realm: Jest's and Next's sandboxes have constructors of their own.
const nameOf = (value: unknown) => Object.prototype.toString.call(value).slice(8, -1);
const isBuffer = (value: unknown): value is ArrayBuffer => nameOf(value) === "ArrayBuffer";
const isResponse = (value: object): value is WebResponse => "arrayBuffer" in value && "status" in value;

/**
 * A compiled module from a source.
 * @throws {HostError} with code ERR_KERNELS_UNREACHABLE, ERR_KERNELS_NOT_WASM, ERR_KERNELS_TRUNCATED or
 *   ERR_KERNELS_REFUSED, and a hint
 */
export async function loadModule(source: WasmSource, { readFile }: Pick<Binding, "readFile">): Promise<WasmModule> {
  const given = await source;
  if (nameOf(given) === "WebAssembly.Module") return given as WasmModule;
  const value = given as Uncompiled;
  if (isBuffer(value)) return compileBytes(new Uint8Array(value), "the given bytes");
  if (ArrayBuffer.isView(value))
    return compileBytes(new Uint8Array(value.buffer, value.byteOffset, value.byteLength), "the given bytes");
  if (typeof value === "object" && isResponse(value))
    return compileBytes(await body(value), value.url || "the given response");
  const url = new URL(value, (globalThis as { location?: { href: string } }).location?.href);
  if (url.protocol === "file:" && readFile) return compileBytes(await reach(url.href, () => readFile(url)), url.href);
  return compileBytes(await body(await reach(url.href, () => fetch(url))), url.href);
}

async function reach<T>(address: string, get: () => Promise<T>): Promise<T> {
  try {
    return await get();
  } catch (cause) {
    throw new HostError(`kernels: ${address} cannot be read: ${(cause as Error).message}`, {
      code: "ERR_KERNELS_UNREACHABLE",
      hint: "check the URL and the connection; another origin must send an Access-Control-Allow-Origin header",
      cause,
    });
  }
}

async function body(response: WebResponse): Promise<OwnBytes> {
  if (!response.ok) {
    throw new HostError(
      `kernels: ${response.url || "the server"} answered ${response.status} ${response.statusText}`.trimEnd(),
      {
        code: "ERR_KERNELS_UNREACHABLE",
        hint: "copy the package's genloom/kernels/*.wasm to this URL",
      },
    );
  }
  return new Uint8Array(await reach(response.url, () => response.arrayBuffer()));
}

/** Compiles bytes; if they are not a module, the error says what they are. */
export async function compileBytes(bytes: OwnBytes, from: string): Promise<WasmModule> {
  checkOutline(bytes, from);
  try {
    return await WebAssembly.compile(bytes);
  } catch (cause) {
    const { message } = cause as Error;
    const forbidden = /unsafe-eval|security policy|disallowed|blocked|not allowed/i.test(message);
    throw new HostError(`kernels: ${from} does not compile: ${message}`, {
      code: "ERR_KERNELS_REFUSED",
      hint: forbidden
        ? "the page's Content-Security-Policy needs script-src 'wasm-unsafe-eval'; on the edge, pass a statically imported module"
        : "this engine may lack a feature of that build; the build named simd needs the fewest",
      cause,
    });
  }
}

/**
 * Throws HostError unless the bytes are a whole WebAssembly file, by its magic number and the lengths of its sections.
 */
function checkOutline(bytes: Uint8Array, from: string): void {
  const magic = [0, 0x61, 0x73, 0x6d];
  if (bytes.length < 8 || magic.some((byte, index) => bytes[index] !== byte)) {
    const text = new TextDecoder().decode(bytes.subarray(0, 64)).trimStart();
    const html = /^(<!doctype|<html|<head|<!--|<\?xml)/i.test(text);
    const found = html
      ? "an HTML page"
      : bytes.length === 0
        ? "empty"
        : `something else (it starts with ${JSON.stringify(text.slice(0, 12))})`;
    throw new HostError(`kernels: ${from} is not WebAssembly but ${found}`, {
      code:
        bytes.length > 0 && bytes.length < 8 && bytes.every((byte, index) => index > 3 || byte === magic[index])
          ? "ERR_KERNELS_TRUNCATED"
          : "ERR_KERNELS_NOT_WASM",
      hint: html
        ? "the server sends its page for unknown URLs: copy genloom/kernels/*.wasm to the server"
        : "give one of genloom/kernels/*.wasm",
    });
  }
  let at = 8;
  while (at < bytes.length) {
    let length = 0;
    let shift = 0;
    let byte = 128;
    for (at++; byte >= 128 && at < bytes.length; at++, shift += 7) {
      byte = bytes[at];
      length += (byte & 127) * 2 ** shift;
    }
    at += length;
    if (byte >= 128) at = Number.POSITIVE_INFINITY;
  }
  if (at > bytes.length) {
    throw new HostError(`kernels: ${from} is truncated: its ${bytes.length} bytes end within a section`, {
      code: "ERR_KERNELS_TRUNCATED",
      hint: "the download was interrupted or the file was not copied completely: load it again",
    });
  }
}

/**
 * Name of a module's build, found by instantiating it on a small unshared and then a small shared memory.
 * @throws {HostError} with code ERR_KERNELS_FOREIGN if it is not a module of this package
 */
export async function buildOf(module: WasmModule): Promise<BuildName> {
  let cause: unknown;
  for (const shared of [false, true]) {
    try {
      return buildName(await instantiateKernels(module, new WebAssembly.Memory({ initial: 1, maximum: 1, shared })));
    } catch (error) {
      if (error instanceof HostError) throw error;
      // The first failure is probably due to the kind of memory; the second one is more informative.
      cause = error;
    }
  }
  throw new HostError(
    "kernels: the module is not one of this package's builds, or needs shared memory, which is missing here",
    {
      code: "ERR_KERNELS_FOREIGN",
      hint: `give one of genloom/kernels/*.wasm of the same version as the package (kernels version ${Build.Version})`,
      cause,
    },
  );
}
