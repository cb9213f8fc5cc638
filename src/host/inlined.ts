/** Kernel builds embedded, compressed, in JavaScript modules: no file to serve, no bundler to configure. */
import { inflate } from "./inflate.js";
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

/** Compiles a build. Throws HostError if the host refuses. */
export async function loadInlined(name: BuildName): Promise<WebAssembly.Module> {
  const [{ compileBytes }, bytes] = await Promise.all([import("./wasm-source.js"), inlinedBytes(name)]);
  return compileBytes(bytes, `the inlined build ${name}`);
}
