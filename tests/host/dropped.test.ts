/** Runtimes that nobody holds end their lanes; those that somebody holds do not. */
import { execFileSync } from "node:child_process";
import { expect, test } from "vitest";

const script = `
import { Worker } from "node:worker_threads";
import { add, createRuntime, variable } from "genloom";

let terminated = 0;
const { terminate } = Worker.prototype;
Worker.prototype.terminate = function () {
  terminated++;
  return terminate.call(this);
};
const collected = async () => {
  for (let i = 0; i < 10; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return terminated;
};
const counting = async () => {
  const runtime = await createRuntime({ threads: 3 });
  const count = variable({ name: "count", shape: [] });
  const program = runtime.compile(() => ({ updates: new Map([[count, add(count, 1)]]) }));
  await program.run({}, { times: 3 });
  return { runtime, program };
};
const held = (await counting()).program;
for (let i = 0; i < 5; i++) await counting();
const dropped = await collected();
await held.run();
const { runtime } = await counting();
await runtime.close();
console.log(JSON.stringify({ dropped, closed: (await collected()) - dropped }));
`;

test("five dropped runtimes of three lanes end ten workers; a program holds its runtime", () => {
  const out = execFileSync(process.execPath, ["--expose-gc", "--input-type=module", "--eval", script], {
    encoding: "utf8",
  });
  const { dropped, closed } = JSON.parse(out);
  // The last one may still be reachable from an old stack slot, and is found later.
  expect(dropped).toBeGreaterThanOrEqual(8);
  expect(dropped).toBeLessThanOrEqual(10);
  expect(closed).toBeGreaterThanOrEqual(2);
  expect(closed).toBeLessThanOrEqual(4);
});
