/** The workloads of sequences: their losses are PyTorch's, from the same parameters and tokens. */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { createRuntime } from "#binding";
import { gru, gruModel, type SequenceModel, transformer, transformerModel } from "#src/bench/sequence-workloads";
import { cast } from "#src/ops/indexing";
import { literal } from "#src/ops/literal";
import { adam } from "#src/optimizers/index";

const python = "/usr/bin/python3";
const program = new URL("../../bench/peers/torch_sequences.py", import.meta.url).pathname;

function hasTorch(): boolean {
  try {
    execFileSync(python, ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

/** Losses of the first steps with the parameters and tokens of torch_sequences.py. */
async function firstLosses(model: SequenceModel, batch: number, count: number): Promise<number[]> {
  const runtime = await createRuntime({ threads: 2 });
  for (const [p, variable] of model.parameters.entries()) {
    const values = Float32Array.from({ length: variable.size }, (_, k) => 0.3 * Math.sin(k + 1000 * p));
    await runtime.write(variable, values);
  }
  const tokens = Float32Array.from({ length: batch * 129 }, (_, k) => (7 * k + ((k * k) % 11)) % 64);
  const step = runtime.compile(() => {
    const loss = model.loss(cast(literal(tokens, [batch, 129]), "i32"));
    return { outputs: { loss }, updates: adam(1e-3).minimize(loss, model.parameters) };
  });
  const losses: number[] = [];
  for (let i = 0; i < count; i++) losses.push((await step.run()).loss.item());
  await runtime.close();
  return losses;
}

const models = [
  { name: transformer.name, make: transformerModel, batch: 16 },
  { name: gru.name, make: gruModel, batch: 32 },
];

test.skipIf(!hasTorch()).each(models)("$name trains as PyTorch's does", async ({ name, make, batch }) => {
  const { stdout } = await promisify(execFile)(python, [program, "--only", name, "--losses", "4"]);
  const { losses } = JSON.parse(stdout) as { losses: number[] };
  expect(losses).toHaveLength(4);
  expect(Math.max(...losses) - Math.min(...losses)).toBeGreaterThan(0.01);
  const found = await firstLosses(make(), batch, 4);
  found.forEach((loss, i) => {
    expect(Math.abs(loss - losses[i])).toBeLessThan(2e-5);
  });
});

test.each([transformer, gru])("$name starts at the entropy of 64 equally likely tokens", async (workload) => {
  const runtime = await createRuntime({ threads: 2 });
  const step = workload.compile(runtime);
  const first = (await step.run({}, { seed: 1 })).loss.item();
  expect(Math.abs(first - Math.log(64))).toBeLessThan(0.1);
  await runtime.close();
});
