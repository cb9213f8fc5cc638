/** Training of a classifier: cross-entropy, with batches gathered by the step's program and many steps in one call. */
import type { Dataset } from "../data/training-data.js";
import type { Runtime } from "../host/runtime.js";
import type { Network, Updates } from "../layers/layer.js";
import { mul, neg } from "../ops/elementwise.js";
import { oneHot } from "../ops/indexing.js";
import { logSoftmax, mean, sum } from "../ops/reduction.js";
import { adam } from "../optimizers/adam.js";
import { cosine } from "../optimizers/schedules.js";
import { batchFeed } from "../train/batch-feed.js";
import type { Tensor } from "../graph/tensor.js";

/** Progress of a training. */
export interface ClassifierProgress {
  /** Completed steps. */
  readonly step: number;
  readonly steps: number;
}

export interface ClassifierTraining {
  readonly steps: number;
  readonly batchSize: number;
  readonly seed: number;
  readonly onProgress?: (progress: ClassifierProgress) => void;
}

/** Steps of one call: progress is told after each. */
const chunk = 50;

const firstRate = 3e-3;

/** Trains networks, body and head, on labelled records; their variables have the trained values in the runtime then. */
export async function trainNetworks(
  runtime: Runtime,
  data: Dataset,
  networks: readonly Network[],
  { steps, batchSize, seed, onProgress }: ClassifierTraining,
): Promise<void> {
  const { classes = 0 } = data;
  const feed = batchFeed(runtime, data, { batchSize, draws: 1, seed, steps });
  const step = runtime.compile(
    () => {
      const { values, labels } = feed.batches().next();
      const updates: Updates = new Map();
      const logits = networks.reduce((x, network) => network.apply(x, { training: true, updates }), values);
      const right = mul(logSoftmax(logits), oneHot(labels as Tensor, classes));
      const parameters = networks.flatMap((network) => network.parameters);
      const optimizer = adam(cosine(firstRate, { steps }));
      const learned = optimizer.minimize(neg(mean(sum(right, { axes: [1] }))), parameters, { name: "classifier/adam" });
      return { updates: new Map([...updates, ...learned, ...feed.updates]) };
    },
    { name: "classifier step" },
  );
  step.compiled();
  const own = new Set(networks.flatMap((network) => network.variables));
  await runtime.initialize(own, { seed });
  try {
    for (let done = 0; done < steps; ) {
      const times = await feed.ready(done, Math.min(chunk, steps - done));
      await step.run({}, { times, seed, step: done });
      done += times;
      onProgress?.({ step: done, steps });
    }
  } finally {
    const others = step.compiled().variables.filter((one) => !own.has(one));
    runtime.release(others);
    step.release();
    feed.release();
  }
}
