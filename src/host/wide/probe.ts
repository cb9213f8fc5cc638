/**
 * Whether the engine merges vectors, found by measurement: the `Roof` command's loop of pairs of 128-bit operations that
 * can be merged (kind 2), and its loop that never is (kind 0). Both do the same number of operations, so the quotient of
 * their speeds is about 2 if pairs are merged, and about 1 if not.
 */
import { Flag, Header, Opcode, RoofWord } from "../../../assembly/opcode.js";
import { bytesOf } from "../../graph/values.js";
import type { Runtime } from "../runtime.js";

/** Quotients that are taken for merged pairs. One far above 2 means that only one of the loops is optimised yet. */
export const merged = { atLeast: 1.3, atMost: 2.6 } as const;

/** About a millisecond of work for one lane: long beside a message to a worker, and beside a barrier. */
const iterations = 200_000;

/**
 * The engine replaces its first code by optimised code while it runs, so measuring goes on until neither loop has become
 * faster for this number of rounds; for longer if the quotient does not show merging.
 */
const steady = { accept: 8, refuse: 40 } as const;
const limits = { milliseconds: 300, rounds: 300 } as const;

/** Speed of the loop of pairs relative to the other loop. Called within `exclusive`, on a build `wide`. */
export async function measureSpeedup(runtime: Runtime): Promise<number> {
  const { engine, heap } = runtime;
  const words = RoofWord.Size + Header.Size;
  const bytes = words * 4 + 16;
  const address = await heap.allocate(bytes, "probe");
  const time = async (kind: number) => {
    const program = new Int32Array(words);
    program.set([Opcode.Roof, RoofWord.Size, Flag.Single, 0, 0, kind, iterations, address + words * 4]);
    program[RoofWord.Size] = Opcode.End;
    await engine.write(address, bytesOf(program));
    const begin = performance.now();
    await engine.run(address, 1, runtime.patience);
    return performance.now() - begin;
  };
  try {
    return await untilSteady(time);
  } finally {
    heap.release(address, bytes);
  }
}

async function untilSteady(time: (kind: number) => Promise<number>): Promise<number> {
  const best = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  const end = performance.now() + limits.milliseconds;
  for (let round = 0, still = 0; ; round++, still++) {
    for (const loop of [0, 1]) {
      const found = await time(2 * loop);
      if (found < 0.95 * best[loop]) still = 0;
      best[loop] = Math.min(best[loop], found);
    }
    const speedup = best[0] / best[1];
    const shown = speedup >= merged.atLeast && speedup <= merged.atMost;
    if (still >= (shown ? steady.accept : steady.refuse)) return speedup;
    if (round >= limits.rounds || performance.now() > end) return speedup;
  }
}
