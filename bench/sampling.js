// Time of a token in the sampling loops of sequence models, of width 128 and 64 tokens of vocabulary: the loop of the library, the
// whole window computed again for every token, and PyTorch's loop where it is installed. Prints one JSON document.
//   node bench/sampling.js [--threads 1] [--rounds 5]
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createRuntime, networks, sequence } from "../dist/bindings/node.js";
import { root } from "../scripts/host.js";

const { values } = parseArgs({
  options: { threads: { type: "string", default: "1" }, rounds: { type: "string", default: "5" } },
});
const [threads, rounds] = [Number(values.threads), Number(values.rounds)];
const [vocabulary, length, width] = [64, 128, 128];

const kinds = {
  gru: networks.gru({ width }),
  transformer: networks.transformer({ width, layers: 4, heads: 4, positions: length }),
  causalConv: networks.causalConv({ width, dilations: [1, 2, 4, 8] }),
};

/** Least milliseconds of some rounds. @param {() => Promise<unknown>} run */
async function least(run) {
  await run();
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const begin = performance.now();
    await run();
    best = Math.min(best, performance.now() - begin);
  }
  return best;
}

const runtime = await createRuntime({ threads });
const rows = [];
for (const [name, network] of Object.entries(kinds)) {
  const model = sequence({ vocabulary, length, width, network });
  const trained = model.trained(runtime, [length]);
  for (const count of [1, 64]) {
    const loop = await least(() => trained.sample(count, { untrained: true }));
    const whole = runtime.compile(({ input }) => ({
      outputs: { logits: model.network.logits(input("tokens", [count, length], "i32")) },
    }));
    const tokens = new Int32Array(count * length);
    const window = await least(() => whole.run({ tokens }));
    whole.release();
    rows.push({ name, count, microsecondsPerToken: (1000 * loop) / length, windowPerToken: 1000 * window });
  }
}
const { build, lanes } = runtime.info;
await runtime.close();
const peer = spawnSync("/usr/bin/python3", [join(root, "bench/peers/torch_sampling.py"), "--threads", `${threads}`], {
  encoding: "utf8",
});
const torch = peer.status === 0 ? JSON.parse(peer.stdout) : undefined;
process.stdout.write(
  `${JSON.stringify({ node: process.versions.node, build, lanes, rows, ...(torch && { torch }) }, null, 2)}\n`,
);
