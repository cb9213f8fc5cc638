/**
 * Whether the engine merges vectors, found by measurement: the `Roof` command's loop of pairs of 128-bit operations that
 * can be merged (kind 2), and its loop that never is (kind 0). Both do the same number of operations, so the quotient of
 * their speeds is about 2 if pairs are merged, and about 1 if not.
 */
import { Flag, Header, Opcode, RoofWord } from "../../../assembly/opcode.js";
import { bytesOf } from "../../graph/values.js";
import type { Runtime } from "../runtime.js";

/**
 * Quotients that are taken for merged pairs. Only the loop of pairs optimised yet, they give 4 or 8; neither optimised, or
 * both without merging, 0.9 to 1.
 */
export const merged = { atLeast: 1.3, atMost: 2.6 } as const;

/** About a millisecond of work for one lane: long beside a message to a worker, and beside a barrier. */
const iterations = 200_000;

/**
 * The engine replaces its first code by optimised code while it runs, some milliseconds later; on a busy machine much later.
 * So measuring goes on until neither loop has become faster for `still` rounds, after at least `rounds` of them. A round
 * takes about 1 ms of optimised code.
 */
const accepting = { rounds: 8, still: 8 } as const;
const refusing = { rounds: 100, still: 40 } as const;
const most = { rounds: 3000, milliseconds: 3000 } as const;

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
  const end = performance.now() + most.milliseconds;
  for (let round = 1, still = 1; ; round++, still++) {
    for (const loop of [0, 1]) {
      const found = await time(2 * loop);
      if (found < 0.95 * best[loop]) still = 0;
      best[loop] = Math.min(best[loop], found);
    }
    const speedup = best[0] / best[1];
    if (round >= most.rounds || performance.now() > end) return speedup;
    // Not both loops are optimised.
    if (speedup > merged.atMost) continue;
    const { rounds, still: wanted } = speedup >= merged.atLeast ? accepting : refusing;
    if (round >= rounds && still >= wanted) return speedup;
  }
}
