/**
 * Types that a user's compiler may lack: those of the web without `lib.dom`, the buffer's type of typed arrays before TypeScript 5.7,
 * `Symbol.dispose` before 5.2. Each is the real type where there is one, and otherwise the part of it that the package reads. Public
 * declarations use these, so that they compile everywhere, which `tests/packaging/types.js` checks.
 */

/** Bytes that are not in shared memory: `Uint8Array<ArrayBuffer>`. */
export type OwnBytes = ReturnType<typeof Uint8Array.of>;

/** Single floats that are not in shared memory: `Float32Array<ArrayBuffer>`. */
export type OwnFloats = ReturnType<typeof Float32Array.of>;

/** A typed array or a `DataView` whose buffer is not shared memory: `ArrayBufferView<ArrayBuffer>`. */
export type OwnView = ArrayBufferView & { readonly buffer: OwnBytes["buffer"] };

/** `WebAssembly.Module`. */
export type WasmModule = typeof globalThis extends { WebAssembly: { Module: { prototype: infer T } } } ? T : object;

/** `WebAssembly.Memory`. */
export type WasmMemory = typeof globalThis extends { WebAssembly: { Memory: { prototype: infer T } } }
  ? T
  : { readonly buffer: ArrayBuffer };

/** `AbortSignal`. */
export type WebSignal = typeof globalThis extends { AbortSignal: { prototype: infer T } }
  ? T
  : { readonly aborted: boolean; readonly reason: unknown };

/** `Blob`. */
export type WebBlob = typeof globalThis extends { Blob: { prototype: infer T } }
  ? T
  : { readonly size: number; readonly type: string; arrayBuffer(): Promise<ArrayBuffer> };

/** What is read of a `File`. */
export interface WebFile {
  readonly name: string;
  readonly webkitRelativePath: string;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** `Response`. */
export type WebResponse = typeof globalThis extends { Response: { prototype: infer T } }
  ? T
  : { readonly ok: boolean; readonly status: number; readonly url: string; arrayBuffer(): Promise<ArrayBuffer> };

/** `URL`. */
export type WebUrl = typeof globalThis extends { URL: { prototype: infer T } } ? T : { readonly href: string };

declare const noDispose: unique symbol;

/** `typeof Symbol.dispose`. */
export type DisposeSymbol = SymbolConstructor extends { readonly dispose: infer T extends symbol }
  ? T
  : typeof noDispose;
