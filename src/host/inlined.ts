/** The kernel builds inlined in JavaScript modules, compressed: no file to serve, no bundler to configure. */
import type { BuildName } from "./kernels.js";

// Literal imports, so that bundlers create four chunks, of which a page loads one.
const inlined = {
  simd: () => import("../../kernels/simd.js"),
  "simd-threads": () => import("../../kernels/simd-threads.js"),
  relaxed: () => import("../../kernels/relaxed.js"),
  "relaxed-threads": () => import("../../kernels/relaxed-threads.js"),
} satisfies Record<BuildName, () => Promise<{ bytes: string }>>;

/** Bytes of a build. */
export async function inlinedBytes(name: BuildName): Promise<Uint8Array<ArrayBuffer>> {
  const { bytes } = await inlined[name]();
  const packed = Uint8Array.from(atob(bytes), (character) => character.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Compiles a build. Throws HostError if the host refuses. */
export async function loadInlined(name: BuildName): Promise<WebAssembly.Module> {
  const [{ compileBytes }, bytes] = await Promise.all([import("./wasm-source.js"), inlinedBytes(name)]);
  return compileBytes(bytes, `the inlined build ${name}`);
}
