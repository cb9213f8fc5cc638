/** Kernel builds embedded, compressed, in JavaScript modules: no file to serve, no bundler to configure. */
import type { BuildName } from "./kernels.js";

// Literal import paths, so that bundlers make chunks of which a page loads one.
const inlined = {
  simd: () => import("../../kernels/simd.js"),
  "simd-threads": () => import("../../kernels/simd-threads.js"),
  relaxed: () => import("../../kernels/relaxed.js"),
  "relaxed-threads": () => import("../../kernels/relaxed-threads.js"),
  wide: () => import("../../kernels/wide.js"),
  "wide-threads": () => import("../../kernels/wide-threads.js"),
} satisfies Record<BuildName, () => Promise<{ bytes: string }>>;

/** Decompressed bytes of a build. */
export async function inlinedBytes(name: BuildName): Promise<Uint8Array<ArrayBuffer>> {
  return inflate((await inlined[name]()).bytes);
}

/** Bytes from base64 of their deflate-raw form. */
export async function inflate(bytes: string): Promise<Uint8Array<ArrayBuffer>> {
  const packed = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  // By parts, because test environments that imitate a page have no Response.
  for (let read = await reader.read(); !read.done; read = await reader.read()) parts.push(read.value);
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}

/** Compiles a build. Throws HostError if the host refuses. */
export async function loadInlined(name: BuildName): Promise<WebAssembly.Module> {
  const [{ compileBytes }, bytes] = await Promise.all([import("./wasm-source.js"), inlinedBytes(name)]);
  return compileBytes(bytes, `the inlined build ${name}`);
}
