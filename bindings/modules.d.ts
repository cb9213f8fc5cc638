/** Modules that the build or a bundler makes. */

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*/browser/worker-text.js" {
  /** The script browser/worker.js as text. */
  export const source: string;
}
