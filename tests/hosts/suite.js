// The conformance suite, the same in every host: what the host can do, every row of tests/cases.ts against the f64
// reference, each family trained with a given seed, sampled, saved and continued. Plain modules, no host's names.
import { expect } from "./expect.js";
import { checkFaults } from "./faults.js";
import { checkAsked, checkWide } from "./wide.js";
import { savedModels } from "./saved-models.js";
import { families, mlpGan } from "./workloads.js";

/** Steps and records of a batch where a family does not say otherwise. */
const usual = { steps: 200, batchSize: 32, relaxed: false };

/** Builds of each row of the table: corner shapes and random ones. The whole table runs in `npm test`. */
const builds = [5, 20];

/** Programs stay in memory as long as their runtime, and an edge runtime gives 112 MiB. */
const rowsPerRuntime = 12;

/**
 * @typedef {object} Parts what is tested
 * @property {any} genloom the host's binding with all public names
 * @property {any} table tests/cases.ts
 * @property {any} reference dist/src/graph/reference.js
 * @property {any} tensor dist/src/graph/tensor.js
 * @property {(bytes: Uint8Array) => Promise<string>} sha256 of dist/src/numbers/sha256.js: pages of plain http have no other
 * @property {any} selfCheck dist/src/host/wide/self-check.js
 * @property {"must" | "may"} [wide] whether this host, of which `options` ask for a build `wide`, must have one
 * @property {any} [options] passed to createRuntime
 * @property {number[]} [lanes] lane counts to train with
 */

/** @typedef {{ name: string, error?: string }} Result */

/** @param {Parts} parts */
export async function runSuite(parts) {
  /** @type {Result[]} */
  const results = [];
  /** @type {(name: string, task: () => unknown) => Promise<void>} */
  const check = async (name, task) => {
    try {
      await task();
      results.push({ name });
    } catch (error) {
      results.push({ name, error: `${error instanceof Error ? error.message : error}` });
    }
  };
  const { info, stepMilliseconds } = await measure(parts.genloom, parts.options);
  await check("capability report", () => checkInfo(info, parts.wide));
  // Groups need kernels in the calling thread, which pages do not have: Node, Deno and Bun run them in tests/mpi.
  const cases = parts.table.cases.filter((/** @type {any} */ { group }) => !group);
  for (let from = 0; from < cases.length; from += rowsPerRuntime) {
    const runtime = await parts.genloom.createRuntime(parts.options);
    for (const row of cases.slice(from, from + rowsPerRuntime)) {
      await check(`case ${row.name}`, () => checkRow(parts, runtime, row, info.host === "edge" ? "small" : "large"));
    }
    await runtime.close();
  }
  if (info.host !== "edge") await check("kernels of another build are refused", () => checkForeign(parts));
  await check("a signal ends a run after the step in hand", () => checkSignal(parts));
  await check("memory comes back", () => checkLifetimes(parts));
  await checkFaults(parts.genloom, info, check);
  const { hashes, missing } = await trainFamilies(parts, check);
  await loadFamilies(parts, hashes, check);
  if (info.build.startsWith("wide")) await checkWide(parts, check);
  else if (info.host !== "edge") await checkAsked(parts, Math.min(2, info.lanes), check);
  return { info, results, hashes, missing, stepMilliseconds };
}

/** @param {any} info @param {Parts["wide"]} wide */
function checkInfo(info, wide) {
  const { capabilities, build, lanes, reasons } = info;
  expect(capabilities.wasm && capabilities.simd, "WebAssembly and SIMD");
  expect(
    build.startsWith("simd") !== capabilities.relaxedSimd,
    `build ${build}, relaxed SIMD ${capabilities.relaxedSimd}`,
  );
  const isWide = build.startsWith("wide");
  expect(
    wide ? isWide || wide === "may" : !isWide,
    `build ${build} where wide ${wide ?? "is not asked for"}: ${reasons}`,
  );
  expect(isWide || !wide || reasons.join().includes("wide is off"), `a reason for the build ${build}`);
  expect(build.endsWith("-threads") === lanes > 1, `build ${build} with ${lanes} lanes`);
  expect(globalThis.isSecureContext !== false || reasons.join().includes("https"), "a reason for one lane: no https");
  expect(capabilities.relaxedSimd || reasons.join().includes("relaxed SIMD is off"), "a reason for the plain build");
}

/**
 * Compares the kernels' results of a row with the f64 reference, and gives them.
 * @param {Pick<Parts, "table" | "genloom" | "reference" | "tensor">} parts @param {any} runtime @param {any} row @param {"small" | "large"} size
 * @returns {Promise<any[]>} the results of all builds, as typed arrays
 */
export async function checkRow({ table, genloom, reference, tensor }, runtime, row, size) {
  /** @type {any[]} */
  const results = [];
  for (const instance of table.instancesOf(row, size)) {
    if (!builds.includes(instance.index)) continue;
    const declared = instance.inputs;
    const graph = (/** @type {any[]} */ inputs) => withGradients(genloom, row, instance, inputs);
    const inputs = declared.map(({ name, shape, dtype }) => new tensor.Input(name, shape, dtype));
    const outputs = graph(inputs);
    const feeds = new Map(
      inputs.map((/** @type {any} */ input, /** @type {number} */ i) => [input, instance.values[i]]),
    );
    const wanted = reference.evaluate(Object.values(outputs), { feeds, seed: 5 });
    const program = runtime.compile(({ input }) => ({
      outputs: graph(declared.map(({ name, shape, dtype }) => input(name, shape, dtype))),
    }));
    const values = Object.fromEntries(
      declared.map(({ name, shape }, i) => [name, { data: Array.from(instance.values[i]), shape }]),
    );
    const found = await program.run(values, { seed: 5 });
    Object.keys(outputs).forEach((name, i) => {
      const tolerance = (row.tolerance ?? table.defaultTolerance) * (name === "result" ? 1 : 8);
      compare(`build ${instance.index}, ${name}`, found[name].data, wanted[i], tolerance);
      results.push(found[name].data);
    });
  }
  return results;
}

/** The result of a row and its gradient to each f32 input. */
function withGradients({ gradient }, row, instance, tensors) {
  const result = instance.apply(tensors);
  const xs = row.order > 0 ? tensors.filter(({ dtype }) => dtype === "f32") : [];
  const slopes = xs.length > 0 ? gradient(result, xs) : [];
  return { result, ...Object.fromEntries(slopes.map((slope, i) => [`gradient ${i}`, slope])) };
}

/** @param {string} name @param {ArrayLike<number>} found @param {ArrayLike<number>} wanted @param {number} tolerance */
function compare(name, found, wanted, tolerance) {
  let largest = 1;
  for (const value of Array.from(wanted)) if (Number.isFinite(value)) largest = Math.max(largest, Math.abs(value));
  expect(found.length === wanted.length, `${name} of ${wanted.length} values, found ${found.length}`);
  for (let i = 0; i < wanted.length; i++) {
    if (Object.is(found[i], wanted[i]) || Math.abs(found[i] - wanted[i]) <= tolerance * largest) continue;
    throw new Error(`${name}[${i}] is ${found[i]}, the reference says ${wanted[i]}`);
  }
}

/** An edge runtime compiles nothing; everywhere else a file may lie in another's place. */
async function checkForeign({ genloom, options }) {
  const wasm = () => new URL("../../dist/kernels/simd-threads.wasm", import.meta.url);
  const started = genloom.createRuntime({ ...options, wasm, threads: 1, deterministic: true });
  const error = await started.then(
    (/** @type {any} */ runtime) => runtime.close(),
    (/** @type {any} */ error) => error,
  );
  expect(error?.code === "ERR_KERNELS_FOREIGN" && error.hint, `ERR_KERNELS_FOREIGN with a hint, found ${error}`);
}

/** A call of more steps than a host does in a minute ends early, whether its signal comes first or while it runs. */
async function checkSignal({ genloom, options }) {
  const runtime = await genloom.createRuntime(options);
  try {
    const count = genloom.variable({ name: "count", shape: [] });
    const program = runtime.compile(() => ({ updates: new Map([[count, genloom.add(count, 1)]]) }));
    const times = 2 ** 30;
    const { steps: first } = await program.tryRun({}, { times, signal: AbortSignal.abort() });
    expect(first === 1, `one step after an abort, found ${first}`);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const { steps } = await program.tryRun({}, { times, signal: controller.signal });
    expect(steps < times, "an end before the last step");
    const counted = (await runtime.read(count)).item();
    expect(counted === first + steps, `as many steps as were counted, ${counted}, found ${first + steps}`);
  } finally {
    await runtime.close();
  }
}

/** Models that were trained one after the other, and one that did not fit, leave their memory to the next one. */
async function checkLifetimes({ genloom, options }) {
  const runtime = await genloom.createRuntime({ ...options, memory: 2 ** 24 });
  const { gan, layers: l, datasets } = genloom;
  const ring = datasets.ring({ count: 200 });
  /** @param {number} units */
  const model = (units) =>
    gan({ latent: 4, generator: l.sequential(l.dense(units), l.relu(), l.dense(2)), discriminator: l.dense(1) });
  try {
    for (let i = 1; i <= 8; i++) {
      const training = model(i === 5 ? 1_000_000 : 64).train(runtime, ring, { steps: 2, batchSize: 8 });
      const code = await training.done.then(
        () => undefined,
        (/** @type {any} */ error) => error.code,
      );
      expect(code === (i === 5 ? "ERR_OUT_OF_MEMORY" : undefined), `training ${i}: found ${code}`);
      training.model.release();
      const found = await runtime.exclusive(async () => runtime.heap.use.bytes);
      expect(found === 0, `nothing in use after training ${i}, found ${found} bytes`);
    }
  } finally {
    await runtime.close();
  }
}

/** Milliseconds of one step of mlp-gan, best of several calls of ten; undefined where the host's clock stands still. */
async function measure(genloom, options) {
  const runtime = await genloom.createRuntime(options);
  const data = genloom.datasets.digits({ count: 512, seed: 1 });
  let best = Number.POSITIVE_INFINITY;
  let last = performance.now();
  for await (const _ of mlpGan(genloom).train(runtime, data, { steps: 100, reportEvery: 10 })) {
    const now = performance.now();
    best = Math.min(best, (now - last) / 10);
    last = now;
  }
  await runtime.close();
  return { info: runtime.info, stepMilliseconds: best > 0 ? best : undefined };
}

/**
 * Trains each family with the same seed; its hash must be one for all lane counts, and is compared between hosts. With
 * relaxed SIMD hosts differ, lanes must not.
 */
async function trainFamilies({ genloom, options, sha256, lanes = [1, 2, 3] }, check) {
  const hashes = {};
  const missing = [];
  for (const [name, make] of Object.entries(families(genloom))) {
    if (!make) {
      missing.push(name);
      continue;
    }
    const { steps, batchSize, relaxed } = { ...usual, ...make() };
    for (const deterministic of relaxed ? [true, false] : [true]) {
      // Only what is deterministic is the same in other hosts.
      const found = deterministic ? hashes : {};
      for (const threads of lanes) {
        await check(`${name}: ${steps} steps, ${threads} lanes${deterministic ? "" : ", relaxed"}`, async () => {
          const runtime = await genloom.createRuntime({ ...options, threads, deterministic });
          try {
            const { weightHash, losses, samples, file } = await train(make(), runtime, sha256);
            expect(Object.values(losses).every(Number.isFinite), `finite losses, found ${JSON.stringify(losses)}`);
            found[name] ??= weightHash;
            found[`${name} samples`] ??= samples;
            found[`${name} file`] ??= file;
            expect(
              weightHash === found[name],
              `weight hash ${found[name]} as with ${lanes[0]} lanes, found ${weightHash}`,
            );
            expect(samples === found[`${name} samples`], "the same samples for any number of lanes");
            expect(file === found[`${name} file`], "the same saved model for any number of lanes");
          } finally {
            await runtime.close();
          }
        });
      }
    }
    await check(`${name}: saved and continued`, async () => {
      const runtime = await genloom.createRuntime({ ...options, deterministic: true });
      try {
        const { model, data } = make();
        const first = model.train(runtime, data, { steps: steps / 2, seed: 7, batchSize });
        await first.done;
        const resume = await first.checkpoint();
        const other = make();
        const second = other.model.train(runtime, other.data, { steps, seed: 7, batchSize, resume });
        const { weightHash } = await second.done;
        expect(weightHash === hashes[name], `the weights of an unbroken training, found ${weightHash}`);
      } finally {
        await runtime.close();
      }
    });
  }
  return { hashes, missing };
}

/**
 * Loads the saved models that lie beside this file: their samples are the same for all lane counts, and in all hosts.
 */
async function loadFamilies({ genloom, options, sha256, lanes = [1, 2, 3] }, hashes, check) {
  for (const [name, { file }] of Object.entries(savedModels)) {
    const bytes = Uint8Array.from(atob(file), (one) => one.charCodeAt(0));
    for (const threads of lanes) {
      await check(`saved ${name}: loaded, ${threads} lanes`, async () => {
        const runtime = await genloom.createRuntime({ ...options, threads, deterministic: true });
        try {
          const model = await genloom.load(runtime, new Blob([bytes]));
          const samples = await sampled(model, sha256);
          hashes[`saved ${name} samples`] ??= samples;
          expect(samples === hashes[`saved ${name} samples`], "the same samples for any number of lanes");
        } finally {
          await runtime.close();
        }
      });
    }
    await check(`saved ${name}: exported`, async () => {
      const runtime = await genloom.createRuntime({ ...options, threads: 1, deterministic: true });
      try {
        const model = await genloom.load(runtime, bytes);
        const wasm = await model.export("wasm");
        hashes[`saved ${name} module`] = await sha256(wasm);
        await generates(wasm, model, genloom);
      } finally {
        await runtime.close();
      }
    });
    await check(`saved ${name}: damaged`, async () => {
      const runtime = await genloom.createRuntime({ ...options, threads: 1, deterministic: true });
      const damaged = bytes.slice();
      damaged[damaged.length - 3] ^= 1;
      const error = await genloom.load(runtime, damaged).then(
        () => undefined,
        (/** @type {any} */ found) => found,
      );
      await runtime.close();
      expect(error?.code === "ERR_FILE_CORRUPT", `ERR_FILE_CORRUPT, found ${error}`);
    });
  }
}

/** Checks that an exported module has the bits of the model's samples, where the host compiles modules from bytes. */
async function generates(wasm, model, { ownUnits }) {
  const { exports } = await WebAssembly.instantiate(wasm).then(
    ({ instance }) => instance,
    (/** @type {Error} */ error) => {
      // Workers on the edge: tests/examples/edge.test.ts gives them the module itself.
      if (/disallowed by embedder|code generation/i.test(error.message)) return { exports: undefined };
      throw error;
    },
  );
  if (!exports) return;
  const [first, count] = [250, 12];
  const address = exports.generate(1, 0, first, count, -1);
  const { scale, shift, columns } = model.data.range;
  const { data } = await model.sample(count, { seed: 1, first });
  const wanted = ownUnits(data, { scale, shift, ...(columns && { columns }) });
  const found = new Float32Array(exports.memory.buffer, address, wanted.length);
  expect(
    wanted.every((value, i) => Object.is(value, found[i])),
    "the samples of the model, bit for bit",
  );
}

/** The hash of a trained model's samples. */
async function sampled(model, sha256) {
  const { data: values, shape } = await model.sample(16, { seed: 1 });
  expect(shape[0] === 16, `16 samples, found shape [${shape}]`);
  return sha256(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
}

async function train({ model, data, ...own }, runtime, sha256) {
  const { steps, batchSize } = { ...usual, ...own };
  const training = model.train(runtime, data, { steps, seed: 7, batchSize });
  const { weightHash, losses } = await training.done;
  const samples = await sampled(training.model, sha256);
  return { weightHash, losses, samples, file: await sha256(await training.model.save()) };
}
