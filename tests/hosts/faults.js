// What happens to workers while a training runs: one fails, one is terminated. Each ends the training with a typed
// error within two seconds. For hosts whose workers are Web Workers; Node's are in tests/bindings/faults.test.ts.
import { mlpGan } from "./workloads.js";

/** Milliseconds from the last step to the error. */
const most = 2000;

/** Milliseconds that a host may take to end a worker: Chromium lets a thread at work go on for 2 s after terminate(). */
const patience = 5000;

/** Engine and lanes in the order in which a host starts them. @type {(host: string) => string[]} */
const order = (host) => (host === "browser" ? ["engine", "lane"] : ["lane"]);

/**
 * Lets workers be replaced and reached while `task` runs: the package makes them of the global class.
 * @param {string | undefined} script run by worker number `index` instead of its own @param {number} index
 * @param {(workers: Worker[]) => Promise<void>} task
 */
async function withWorkers(script, index, task) {
  const Original = globalThis.Worker;
  /** @type {Worker[]} */
  const workers = [];
  globalThis.Worker = class extends Original {
    /** @param {string | URL} address @param {WorkerOptions} [options] */
    constructor(address, options) {
      super(script && workers.length === index ? new URL(script, import.meta.url) : address, options);
      workers.push(this);
    }
  };
  try {
    await task(workers);
  } finally {
    globalThis.Worker = Original;
  }
}

/**
 * Trains until an error comes; `begun` may bring it about once steps run in long calls.
 * @param {any} genloom @param {any} runtime @param {() => void} begun
 * @returns {Promise<{ error?: any, milliseconds: number }>} milliseconds from the last step that was reported to the
 *   error; no error where training still goes on long after `begun` has acted
 */
async function trainUntilLost(genloom, runtime, begun) {
  const data = genloom.datasets.digits({ count: 512, seed: 1 });
  let [last, deadline] = [performance.now(), Number.POSITIVE_INFINITY];
  try {
    for await (const { step } of mlpGan(genloom).train(runtime, data, { steps: 1_000_000 })) {
      last = performance.now();
      if (last > deadline) break;
      if (step < 20 || deadline < Number.POSITIVE_INFINITY) continue;
      // In the turn in which the next quarter of a second of steps begins: it happens while they run.
      setTimeout(begun);
      deadline = last + patience;
    }
    return { milliseconds: 0 };
  } catch (error) {
    return { error, milliseconds: performance.now() - last };
  }
}

/** A runtime of two lanes: with one, nothing can be lost. @param {any} genloom */
async function twoLanes(genloom) {
  const runtime = await genloom.createRuntime({ threads: 2 });
  const { lanes, reasons } = runtime.info;
  if (lanes === 2) return runtime;
  await runtime.close();
  throw new Error(`expected: two lanes, found ${lanes}: ${JSON.stringify(reasons)}`);
}

/** @param {{ error?: any, milliseconds: number }} loss */
function expectLoss({ error, milliseconds }) {
  if (error?.code !== "ERR_LANE_LOST" || !error.hint)
    throw new Error(`expected: ERR_LANE_LOST with a hint, found ${error}`);
  if (milliseconds > most) throw new Error(`expected: an error within ${most} ms, found ${milliseconds.toFixed(0)} ms`);
}

/**
 * @param {any} genloom @param {any} info of a runtime with all lanes
 * @param {(name: string, task: () => unknown) => Promise<void>} check
 */
export async function checkFaults(genloom, info, check) {
  if (info.lanes === 1 || typeof Worker === "undefined") return;
  const roles = order(info.host);
  await check("a lane fails in the middle of a step", () =>
    withWorkers("./failing-lane.js", roles.indexOf("lane"), async () => {
      const runtime = await twoLanes(genloom);
      const loss = await trainUntilLost(genloom, runtime, () => undefined);
      await runtime.close();
      expectLoss(loss);
    }),
  );
  for (const [index, role] of roles.entries()) {
    await check(`the worker of ${role} is terminated in the middle of a step`, () =>
      withWorkers(undefined, index, async (workers) => {
        const runtime = await twoLanes(genloom);
        const loss = await trainUntilLost(genloom, runtime, () => workers[index]?.terminate());
        await runtime.close();
        // Deno's terminate() does not reach a thread at work: the lane lives on, as the steps that it takes part in show.
        if (loss.error || info.host !== "deno") expectLoss(loss);
      }),
    );
  }
}
