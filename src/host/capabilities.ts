/** WebAssembly features of this host, probed by validating small modules and creating small memories. */

export interface Capabilities {
  readonly wasm: boolean;
  readonly simd: boolean;
  readonly relaxedSimd: boolean;
  /** Atomic instructions on shared memory. */
  readonly threads: boolean;
  /** Shared memory can be created (in browsers: the page is cross-origin isolated). */
  readonly sharedMemory: boolean;
  /** This thread may call `Atomics.wait`. */
  readonly waiting: boolean;
}

const preamble = [0, 97, 115, 109, 1, 0, 0, 0];

/** Encoded modules, without the preamble, that each contain one function using the feature. */
const probes = {
  // (func (result v128) i32.const 0  i8x16.splat  i8x16.popcnt)
  simd: [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11],
  // (func (result v128) i32.const 1  i8x16.splat  i32.const 2  i8x16.splat  i8x16.relaxed_swizzle)
  relaxedSimd: [1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11],
  // (memory 1 1 shared) (func i32.const 0  i32.atomic.load  drop)
  threads: [1, 4, 1, 96, 0, 0, 3, 2, 1, 0, 5, 4, 1, 3, 1, 1, 10, 11, 1, 9, 0, 65, 0, 254, 16, 2, 0, 26, 11],
};

const validates = (probe: readonly number[]) => WebAssembly.validate(Uint8Array.from([...preamble, ...probe]));

function canShare(): boolean {
  try {
    const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
    return typeof SharedArrayBuffer !== "undefined" && memory.buffer instanceof SharedArrayBuffer;
  } catch {
    return false;
  }
}

function canWait(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/** Probes the host; nothing is cached between calls. */
export function probeCapabilities(): Capabilities {
  const wasm = typeof WebAssembly === "object" && typeof WebAssembly.validate === "function";
  return {
    wasm,
    simd: wasm && validates(probes.simd),
    relaxedSimd: wasm && validates(probes.relaxedSimd),
    threads: wasm && validates(probes.threads),
    sharedMemory: wasm && canShare(),
    waiting: canWait(),
  };
}
