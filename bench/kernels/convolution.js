// Effective GFLOP/s of convolutions (flops of the direct form) and their share of the multiply-add roof of the same
// run. 2x2 or 4x4 is the tile of Winograd's form, which needs fewer flops; "weights" is the transform of its weights.
// node bench/kernels/convolution.js [--threads 2] [--deterministic] [--only TEXT] [--batch N] [--rounds N]
import { parseArgs } from "node:util";
import { conv2d, createRuntime, gradient } from "#binding";
import { Header, Opcode, RoofWork } from "../../dist/assembly/opcode.js";

const { values } = parseArgs({
  options: {
    threads: { type: "string", default: "1" },
    deterministic: { type: "boolean" },
    only: { type: "string" },
    // Smaller batches give shorter commands, which a busy computer interrupts less often.
    batch: { type: "string" },
    rounds: { type: "string", default: "30" },
  },
});
const runtime = await createRuntime({ threads: Number(values.threads), deterministic: values.deterministic ?? false });

/** Multiply-adds on registers: GFLOP/s of one lane. */
async function roof() {
  const { engine } = runtime;
  const iterations = 2e5;
  const kind = runtime.info.build.startsWith("relaxed") ? 0 : 1;
  const address = await runtime.heap.allocate(64, "roof");
  const words = Int32Array.of(
    Opcode.Roof,
    Header.Size + 3,
    1,
    0,
    0,
    kind,
    iterations,
    address + 48,
    Opcode.End,
    Header.Size,
    0,
    0,
    0,
  );
  const program = await runtime.heap.allocate(words.byteLength, "roof");
  await engine.write(program, new Uint8Array(words.buffer));
  let best = 0;
  for (let i = 0; i < 100; i++) {
    const start = performance.now();
    await engine.run(program, 1, 1e4);
    best = Math.max(best, (iterations * RoofWork.Flops) / (performance.now() - start) / 1e6);
  }
  return best;
}

/**
 * The layers of the workloads: name, batch, size, channels, kernel size, features, options.
 * @type {[string, number, number, number, number, number, { stride?: number, padding: number, groups?: number }][]}
 */
const layers = [
  ["dcgan D1 1-64 /2", 64, 32, 1, 4, 64, { stride: 2, padding: 1 }],
  ["dcgan D2 64-128 /2", 64, 16, 64, 4, 128, { stride: 2, padding: 1 }],
  ["dcgan D3 128-256 /2", 64, 8, 128, 4, 256, { stride: 2, padding: 1 }],
  ["conv3x3 3-64", 32, 32, 3, 3, 64, { padding: 1 }],
  ["conv3x3 64-64", 32, 32, 64, 3, 64, { padding: 1 }],
  ["conv3x3 64-128", 32, 16, 64, 3, 128, { padding: 1 }],
  ["conv3x3 128-128", 32, 8, 128, 3, 128, { padding: 1 }],
  ["conv-vae 32-64 /2", 128, 14, 32, 4, 64, { stride: 2, padding: 1 }],
  ["sample-1 D2 64-128 /2", 1, 16, 64, 4, 128, { stride: 2, padding: 1 }],
  ["r3gan 16-16", 64, 32, 16, 3, 16, { padding: 1 }],
  ["r3gan 32-32 in 2 groups", 64, 16, 32, 3, 32, { padding: 1, groups: 2 }],
  ["r3gan 64-64 in 4 groups", 64, 8, 64, 3, 64, { padding: 1, groups: 4 }],
  ["r3gan 128-128 in 8", 64, 4, 128, 3, 128, { padding: 1, groups: 8 }],
  ["4x4 /2 64-64 in 2 groups", 32, 16, 64, 4, 64, { stride: 2, padding: 1, groups: 2 }],
  ["depthwise 3x3 64", 32, 32, 64, 3, 64, { padding: 1, groups: 64 }],
  ["depthwise 3x3 8", 32, 32, 8, 3, 8, { padding: 1, groups: 8 }],
];

const top = await roof();
console.log(`${runtime.info.build}, ${runtime.info.lanes} lane(s), roof of one ${top.toFixed(1)} GFLOP/s`);
for (const [name, ownBatch, size, channels, kernel, features, options] of layers) {
  if (values.only && !name.includes(values.only)) continue;
  const batch = Math.min(ownBatch, Number(values.batch ?? ownBatch));
  const weights = [kernel, kernel, channels / (options.groups ?? 1), features];
  const program = runtime.compile(({ input }) => {
    const x = input("x", [batch, size, size, channels]);
    const w = input("w", weights);
    const y = conv2d(x, w, options);
    const g = input("g", y.shape);
    const [toX, toW] = gradient(y, [x, w], { upstream: g });
    return { outputs: { y, toX, toW } };
  });
  /** @param {readonly number[]} shape */
  const random = (shape) => ({
    shape,
    data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => Math.random() - 0.5),
  });
  const feeds = {
    x: random([batch, size, size, channels]),
    w: random(weights),
    g: random(/** @type {number[]} */ (program.compiled().inputs.get("g")?.tensor.shape)),
  };
  const entries = await program.profile(feeds, Number(values.rounds));
  const text = entries
    .filter(({ gflops, label }) => gflops > 0 || label.startsWith("winograd weights"))
    .map(({ label, gflops, milliseconds }) =>
      label.startsWith("winograd weights")
        ? `weights ${milliseconds.toFixed(2)} ms`
        : `${label.split(" ")[0].replace("conv2d", "") || "forward"}${/ winograd \dx\d/.exec(label)?.[0].slice(-3) ?? ""} ${gflops.toFixed(1)} (${((100 * gflops) / top / runtime.info.lanes).toFixed(0)}%, ${milliseconds.toFixed(2)} ms)`,
    );
  console.log(name.padEnd(24), text.join("  "));
}
await runtime.close();
