// What the last rank does to the others at step 5, and what the others say: one line, as the command line program would.
import { setTimeout } from "node:timers/promises";

const never = () => new Promise(() => setInterval(() => undefined, 1000));

/** @type {Record<string, (group: any) => unknown>} */
const deeds = {
  kill: () => process.kill(process.pid, "SIGKILL"),
  hang: never,
  throw: () => {
    throw new Error("a fault of this rank");
  },
  // It catches the error and takes all others with it.
  abort: (group) => group.abort("error: this rank gave up"),
  // Without leaving the group, as if all were well.
  leave: () => process.exit(0),
  stop: () => process.kill(process.pid, "SIGSTOP"),
  // For the runner to stop and to continue all ranks, or to take a link away.
  late: async () => {
    // Time in which this process is stopped makes one of these longer, at the most.
    for (let i = 0; i < 30; i++) await setTimeout(50);
  },
  none: () => undefined,
};

/**
 * @param {import("./rank.js").Group} group @param {string} deed @param {(report: object) => void} tell
 */
export async function faults(group, deed, tell) {
  const { rank, size } = group;
  const steps = deed === "none" ? 400 : 10;
  try {
    for (let step = 0; step < steps; step++) {
      if (step === 5) tell({ rank, reached: step });
      if (step === 5 && rank === size - 1) await deeds[deed](group);
      // Without an order from outside, steps last a while.
      if (deed === "none") await setTimeout(50);
      await group.allReduce(new Float32Array(1000), `the generator's gradients of step ${step}`);
    }
    tell({ rank, done: steps });
  } catch (error) {
    const { code, message } = /** @type {Error & { code?: string }} */ (error);
    if (code !== "ERR_RANK_LOST") throw error;
    group.abort(`error: ${message}`);
  }
}
