// Exports a generator beside this file: generator.js, with the declarations that generator.ts is compiled against.
import { writeFileSync } from "node:fs";
import { createRuntime, datasets, gan, layers as L } from "genloom";

const runtime = await createRuntime({ threads: 1 });
const generator = L.sequential(L.joinLabel(10, 4), L.dense(784), L.reshape(28, 28, 1));
const discriminator = L.sequential(L.flatten(), L.joinLabel(10, 4), L.dense(1));
const training = gan({ latent: 2, classes: 10, generator, discriminator }).train(
  runtime,
  datasets.digits({ count: 20 }),
  { steps: 1, batchSize: 10 },
);
await training.done;
for (const [name, text] of Object.entries(await training.model.export("js"))) writeFileSync(name, text);
await runtime.close();
