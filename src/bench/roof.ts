/** The computer's own multiply-add roof, measured by the kernels' `Roof` command on one lane: GFLOP/s. */
import { Header, Opcode, RoofWord, RoofWork } from "../../assembly/opcode.js";
import { isWide } from "../host/kernels.js";
import type { Runtime } from "../host/runtime.js";
import { bytesOf } from "../graph/values.js";
import { bestOf } from "./timing.js";

export interface Roof {
  /** Fused multiply-add; null if the engine has no relaxed SIMD. */
  readonly fma: number | null;
  /** Separate multiplication and addition. */
  readonly mulAdd: number;
  /** Fused, in pairs that the engine merges into 256-bit operations; null if the build is not `wide`. */
  readonly wide: number | null;
}

/** Values of `RoofWord.Kind`. */
enum Kind {
  Fused,
  Plain,
  Merged,
}

/** About 20 microseconds of work. */
const iterations = 5000;

/** @param runtime with one lane */
export async function measureRoof(runtime: Runtime, seconds: number): Promise<Roof> {
  const { build } = runtime.info;
  const fma = build.startsWith("simd") ? null : await measure(runtime, Kind.Fused, seconds);
  const wide = isWide(build) ? await measure(runtime, Kind.Merged, seconds) : null;
  return { fma, mulAdd: await measure(runtime, Kind.Plain, seconds), wide };
}

/** The better of two measurements. */
export function betterRoof(a: Roof | undefined, b: Roof): Roof {
  if (!a) return b;
  const better = (x: number | null, y: number | null) => (x === null ? y : Math.max(x, y ?? 0));
  return { fma: better(a.fma, b.fma), mulAdd: Math.max(a.mulAdd, b.mulAdd), wide: better(a.wide, b.wide) };
}

function measure(runtime: Runtime, kind: Kind, seconds: number): Promise<number> {
  return runtime.exclusive(async () => {
    const words = RoofWord.Size + Header.Size;
    const address = await runtime.heap.allocate(words * 4 + 16, "roof");
    const program = new Int32Array(words);
    program.set([Opcode.Roof, RoofWord.Size, 0, 0, 0, kind, iterations, address + words * 4]);
    program[RoofWord.Size] = Opcode.End;
    await runtime.engine.write(address, bytesOf(program));
    const milliseconds = await bestOf((times) => runtime.engine.run(address, times, runtime.patience), seconds);
    runtime.heap.release(address, words * 4 + 16);
    return (RoofWork.Flops * iterations) / milliseconds / 1e6;
  });
}
