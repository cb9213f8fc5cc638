/**
 * Instantiates a kernel module: by AssemblyScript's loader, and where that cannot be by WebAssembly itself. The kernels
 * import their memory alone and export functions of numbers, so both give the same functions.
 */
type InstantiateSync = typeof import("./loader.js").instantiateSync;

/**
 * The loader's function; undefined where the loader does not load: it makes a TextDecoder and assigns `Object.hasOwn` on
 * import. Jest's jsdom has no TextDecoder, and Node's `--frozen-intrinsics` no Object that can be assigned to.
 */
async function findLoader(): Promise<InstantiateSync | undefined> {
  try {
    const { instantiateSync } = await import("./loader.js");
    return instantiateSync;
  } catch {
    return undefined;
  }
}

/** The exports of a module on a memory. Throws WebAssembly's own errors. */
export async function instantiate(module: WebAssembly.Module, memory: WebAssembly.Memory): Promise<object> {
  const imports = { env: { memory } };
  // The loader takes a module of another realm, as in Next's edge sandbox, for bytes. To WebAssembly it is a module.
  const instantiateSync = module instanceof WebAssembly.Module ? await findLoader() : undefined;
  return (instantiateSync?.(module, imports) ?? new WebAssembly.Instance(module, imports)).exports;
}
