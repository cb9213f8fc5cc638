// The builds `wide`: chosen only where vectors are merged, with the bits of `relaxed`, and given up when their self-check
// fails: at the start, after the kernels are optimised, and in the middle of a training.
import { expect } from "./expect.js";
import { families } from "./workloads.js";

/** @typedef {import("./suite.js").Parts} Parts */
/** @typedef {(name: string, task: () => unknown) => Promise<void>} Check */

/**
 * Where nothing is known of V8's flag: `wide: true` gives `wide` or says why not. Comes last, because it may set the flag.
 * @param {Parts} parts @param {number} threads @param {Check} check
 */
export async function checkAsked({ genloom, options, selfCheck }, threads, check) {
  await check("wide is used, or a reason given", async () => {
    const runtime = await genloom.createRuntime({ ...options, threads, wide: true });
    try {
      const { host, build, reasons, wide } = runtime.info;
      if (build.startsWith("wide"))
        return expect(wide.speedup > 1.3 && wide.checks === 1, `merged vectors, found ${JSON.stringify(wide)}`);
      expect(
        reasons.some((/** @type {string} */ reason) => reason.startsWith("wide is off: ")),
        `a reason, found ${reasons}`,
      );
      const hash = await hashOf(runtime, selfCheck);
      // In Bun's engine a relaxed multiply-add rounds twice.
      expect(
        !build.startsWith("relaxed") || host === "bun" || hash === selfCheck.selfCheck.wanted,
        `the self-check's bits, found ${hash}`,
      );
    } finally {
      await runtime.close();
    }
  });
}

/** Hash of the self-check's results in a runtime of any build. @param {any} runtime @param {any} selfCheck */
export const hashOf = (runtime, { selfCheckProgram, selfCheckHash }) =>
  runtime.exclusive(() => selfCheckHash(selfCheckProgram(runtime)));

/** All that must hold where vectors are merged. @param {Parts} parts @param {Check} check */
export async function checkWide(parts, check) {
  const { genloom, options, selfCheck, lanes = [1, 2, 3] } = parts;
  const start = (/** @type {number} */ threads, wide = true) => genloom.createRuntime({ ...options, threads, wide });
  for (const threads of lanes) {
    await check(`self-check: the bits of relaxed, ${threads} lanes`, async () => {
      const runtime = await start(threads, false);
      try {
        const hash = await hashOf(runtime, selfCheck);
        expect(runtime.info.build.startsWith("relaxed"), `relaxed, found ${runtime.info.build}`);
        expect(hash === selfCheck.selfCheck.wanted, `${selfCheck.selfCheck.wanted}, found ${hash}`);
      } finally {
        await runtime.close();
      }
    });
    await check(`self-check fails at the start, ${threads} lanes`, () =>
      corrupted(selfCheck, async () => {
        const runtime = await start(threads);
        await isGivenUp(runtime, threads);
      }),
    );
    await check(`self-check fails later, ${threads} lanes`, () => failsLater(genloom, () => start(threads), selfCheck));
    await check(`self-check fails in a training, ${threads} lanes`, () =>
      failsInTraining(genloom, start, selfCheck, threads),
    );
  }
  for (const [name, make] of Object.entries(families(genloom))) {
    if (!make) continue;
    await check(`${name}: the weights and samples of relaxed`, async () => {
      const found = [await trainedAndDrawn(make(), await start(1, false))];
      for (const threads of lanes) found.push(await trainedAndDrawn(make(), await start(threads)));
      expect(
        new Set(found).size === 1,
        `one hash of weights, the same samples, found ${found.map((one) => one.slice(0, 80)).join()}`,
      );
    });
  }
}

const corrupt = "0123456789abcdef";

/** @param {any} selfCheck @param {() => Promise<void>} task */
async function corrupted({ selfCheck }, task) {
  const { wanted } = selfCheck;
  selfCheck.wanted = corrupt;
  try {
    await task();
  } finally {
    selfCheck.wanted = wanted;
  }
}

/** @param {any} runtime @param {number} threads */
async function isGivenUp(runtime, threads) {
  const { build, lanes, reasons } = runtime.info;
  await runtime.close();
  expect(build === (threads > 1 ? "relaxed-threads" : "relaxed"), `relaxed kernels, found ${build}`);
  expect(lanes === threads, `${threads} lanes, found ${lanes}`);
  expect(
    reasons.filter((/** @type {string} */ one) => one.includes("gave other bits in its self-check")).length === 1,
    `one reason, found ${reasons.join("; ")}`,
  );
}

/** Programs and variables of before go on, with the same bits. */
async function failsLater(genloom, start, selfCheck) {
  const { matmul, randomNormal, tanh, variable, add } = genloom;
  const runtime = await start();
  const count = variable({ name: "count", shape: [] });
  const product = runtime.compile(() => ({
    outputs: { y: tanh(matmul(randomNormal([128, 128]), randomNormal([128, 128]))) },
    updates: new Map([[count, add(count, 1)]]),
  }));
  const before = (await product.run({}, { seed: 1 })).y.data;
  let runs = 1;
  await corrupted(selfCheck, async () => {
    expect(runtime.info.build.startsWith("wide"), `a build wide, found ${runtime.info.build}`);
    const end = performance.now() + 30_000;
    for (; runtime.info.build.startsWith("wide") && performance.now() < end; runs += 50)
      await product.run({}, { times: 50 });
  });
  const after = (await product.run({}, { seed: 1 })).y.data;
  expect(
    before.every((/** @type {number} */ value, /** @type {number} */ i) => value === after[i]),
    "the same bits after the change",
  );
  const counted = (await runtime.read(count)).item();
  expect(counted === runs + 1, `variables kept, ${runs + 1} runs, found ${counted}`);
  await isGivenUp(runtime, runtime.info.lanes);
}

/**
 * Doubtful kernels have spoilt a weight when the self-check fails: the training goes back to before that, and ends with the
 * weights of a training with `relaxed`.
 */
async function failsInTraining(genloom, start, selfCheck, threads) {
  const wanted = await trained({ ...families(genloom).vae(), steps: 60 }, await start(threads, false));
  const runtime = await start(threads);
  /** @type {string[]} */
  const notes = [];
  const { model, data } = families(genloom).vae();
  const { wanted: right } = selfCheck.selfCheck;
  let spoilt = false;
  const training = model.train(runtime, data, {
    steps: 60,
    seed: 7,
    batchSize: 32,
    reportEvery: 10,
    onEvent: async (/** @type {any} */ { step, note }) => {
      if (note) notes.push(note);
      if (step !== 30 || spoilt) return;
      spoilt = true;
      selfCheck.selfCheck.wanted = corrupt;
      const [weight] = training.variables;
      await runtime.write(weight, new Float32Array(weight.size).fill(0.5));
    },
  });
  try {
    const { weightHash, history, interrupted } = await training.done;
    expect(spoilt && weightHash === wanted, `the weights of relaxed, ${wanted}, found ${weightHash}`);
    expect(!interrupted, "a whole training");
    const steps = history.map((/** @type {any} */ entry) => entry.step).join();
    expect(steps === "10,20,30,40,50,60", `each step once in the history, found ${steps}`);
    expect(notes.length === 1 && /back to step \d+, with relaxed/.test(notes[0]), `one note, found ${notes}`);
  } finally {
    selfCheck.selfCheck.wanted = right;
  }
  await isGivenUp(runtime, threads);
}

/** The hash of the weights of a training. @param {any} family @param {any} runtime */
const trained = async (family, runtime) => (await trainedAndDrawn(family, runtime)).split(" ")[0];

/** The hash of the weights of a training, and the samples of its model. @param {any} family @param {any} runtime */
async function trainedAndDrawn({ model, data, steps = 40, batchSize = 32 }, runtime) {
  const training = model.train(runtime, data, { steps, seed: 7, batchSize });
  const { weightHash } = await training.done;
  const samples = await training.model.sample(8, { seed: 3 });
  await runtime.close();
  return `${weightHash} ${Array.from(samples.data).join()}`;
}
