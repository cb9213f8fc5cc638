// A training by each rank: `node train.js OPTIONS [DEED]`, with options as JSON. The last rank does the deed after step 10. A rank tells by
// lines of JSON on stdout what it saw; an error ends it with its exit code, as the command line program does.
import { createRuntime, datasets, gan, layers as L, penalties, sgd } from "genloom";
import { mpi } from "genloom/mpi";

const { threads = 1, timeout = 60, data: seed = 0, ...options } = JSON.parse(process.argv[2] ?? "{}");
const deed = process.argv[3];
const group = await mpi({ timeout });
const tell = (/** @type {object} */ report) =>
  process.stdout.write(`${JSON.stringify({ rank: group.rank, pid: process.pid, ...report })}\n`);

/** @type {Record<string, () => unknown>} */
const deeds = {
  kill: () => process.kill(process.pid, "SIGKILL"),
  stop: () => process.kill(process.pid, "SIGSTOP"),
  hang: () => {
    for (;;);
  },
  throw: () => {
    throw new Error("a fault of this rank");
  },
};

const optimizer = () => sgd(0.05);
const model = gan({
  latent: 4,
  generator: L.sequential(L.dense(16), L.batchNorm(), L.relu(), L.dense(2)),
  discriminator: L.sequential(L.dense(16), L.leakyRelu(), L.minibatchStd(), L.dense(1)),
  penalties: [penalties.r1(1)],
  optimizers: { generator: optimizer(), discriminator: optimizer() },
});
const runtime = await createRuntime({ threads, wide: false });
try {
  const training = model.train(runtime, datasets.ring({ count: 500, seed }), {
    ...{ steps: 100, batchSize: 16, seed: 3, reportEvery: 10 },
    ...options,
    group,
    onEvent({ step }) {
      if (step !== 10) return;
      tell({ reached: step });
      if (group.rank === group.size - 1 && deed) deeds[deed]();
    },
  });
  const { weightHash } = await training.done;
  tell({ hash: weightHash.slice(0, 16) });
} catch (error) {
  const { message, exitCode = 1 } = /** @type {Error & { exitCode?: number }} */ (error);
  process.stderr.write(`error: ${message}\n`);
  process.exitCode = exitCode;
}
await runtime.close();
await group.close();
