// Cold start: from the import of the package to the end of the first training step of toy-gan.
import { toyGan } from "./workloads.js";

/** @param {() => Promise<any>} load imports the package */
export async function coldStart(load) {
  const start = performance.now();
  const genloom = await load();
  const runtime = await genloom.createRuntime();
  const data = genloom.datasets.ring({ count: 512, seed: 1 });
  let milliseconds = 0;
  // The end of a training takes a while of its own: its variables are read and hashed.
  for await (const _ of toyGan(genloom).train(runtime, data, { steps: 1 })) milliseconds = performance.now() - start;
  await runtime.close();
  return { genloom, milliseconds };
}
