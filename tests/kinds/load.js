/**
 * A process of a user's own that loads a run and samples from it: `node load.js RUN [KINDS]`, KINDS the module that defines
 * its kinds. Writes the samples in the data's units, or the error.
 */
import { createRuntime, load, ownUnits } from "genloom";

const [run, kinds] = process.argv.slice(2);
if (kinds !== undefined) await import(kinds);
const runtime = await createRuntime({ threads: 1 });
try {
  const trained = await load(runtime, run);
  const samples = await trained.sample(8, { seed: 3 });
  process.stdout.write(JSON.stringify({ samples: [...ownUnits(samples.data, trained.data.range)] }));
} catch (error) {
  process.stdout.write(JSON.stringify({ error: error instanceof Error ? error.message : String(error) }));
}
await runtime.close();
