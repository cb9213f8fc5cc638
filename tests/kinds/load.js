/**
 * A process of a user's own that loads a run and samples from it: `node load.js RUN [KINDS]`, KINDS the module that defines
 * its kinds. Writes the samples in the data's units, or the error.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createRuntime, familyFrom, ownUnits, readSafetensors } from "genloom";

const [run, kinds] = process.argv.slice(2);
if (kinds !== undefined) await import(kinds);
const { config, data } = JSON.parse(readFileSync(join(run, "config.json"), "utf8"));
const folder = join(run, "checkpoints");
const newest = readdirSync(folder)
  .filter((name) => name.endsWith(".safetensors"))
  .sort()
  .at(-1);
try {
  const model = familyFrom(config);
  const runtime = await createRuntime({ threads: 1 });
  const trained = model.trained(runtime, data.shape);
  const { tensors } = readSafetensors(readFileSync(join(folder, /** @type {string} */ (newest))));
  for (const variable of model.variables) {
    const values = tensors.get(variable.name);
    if (values) await runtime.write(variable, values.data);
  }
  const samples = await trained.sample(8, { seed: 3 });
  process.stdout.write(JSON.stringify({ samples: [...ownUnits(samples.data, data)] }));
  await runtime.close();
} catch (error) {
  process.stdout.write(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
