/**
 * A process of a user's own: `node sample.js FILE THREADS [KINDS]` loads a saved model and writes five samples and its
 * family, or the error.
 */
import { readFileSync } from "node:fs";
import { createRuntime, load } from "genloom";

const [file, threads, kinds] = process.argv.slice(2);
if (kinds !== undefined) await import(kinds);
try {
  const runtime = await createRuntime({ threads: Number(threads), deterministic: true });
  const trained = await load(runtime, readFileSync(file));
  const { data } = await trained.sample(5, { seed: 2 });
  process.stdout.write(JSON.stringify({ kind: trained.family.kind, samples: [...data] }));
  await runtime.close();
} catch (error) {
  const { name, code, message, hint } = /** @type {any} */ (error);
  process.stdout.write(JSON.stringify({ name, code, message, hint }));
}
