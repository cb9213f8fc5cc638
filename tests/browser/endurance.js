// What training asks of a page: no task of its main thread above 50 ms, memory that stays where it is after warm-up, an
// AbortSignal that is heard, and workers that go when their runtime is closed.
import assert from "node:assert/strict";
import { openExample } from "./example.js";

/** @typedef {import("./example.js").Setting} Setting */

const longestTask = 50;

/**
 * Bytes that may come after warm-up: two numbers and their means are kept per event, four events a second, and the
 * engine goes on compiling what runs often. One copy of the model's state, lost at each event, would be 100 times that.
 */
const memoryTolerance = 2 * 2 ** 20;

/** In the page, before anything else: its long tasks, and the longest time between two turns of its event loop. */
function watch() {
  const seen = { tasks: /** @type {number[]} */ ([]), gap: 0 };
  Object.assign(globalThis, { seen });
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) seen.tasks.push(duration);
  }).observe({ type: "longtask", buffered: true });
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    seen.gap = Math.max(seen.gap, now - last);
    last = now;
  }, 4);
}

/** What was seen since the last call. @param {any} page @returns {Promise<{ longest: number, gap: number }>} */
const seen = (page) =>
  page.evaluate(() => {
    const { seen } = /** @type {any} */ (globalThis);
    const result = { longest: Math.max(0, ...seen.tasks), gap: seen.gap };
    Object.assign(seen, { tasks: [], gap: 0 });
    return result;
  });

const text = (/** @type {{ longest: number, gap: number }} */ { longest, gap }) =>
  `${longest === 0 ? "no task above 50 ms" : `longest task ${longest} ms`}, event loop's longest gap ${gap.toFixed(0)} ms`;

/** @param {any} context @param {Setting} setting */
export async function checkEndurance(context, { isolated, seconds, timed }) {
  await context.addInitScript(watch);
  const { page, start, step, untilStatus } = await openExample(context, isolated.address);
  const devtools = await context.newCDPSession(page);
  /** Bytes of page and workers, and those of the kernels, while nothing is in flight. */
  const memory = async () => {
    await start.click();
    await untilStatus(/Paused at step/);
    await devtools.send("HeapProfiler.collectGarbage");
    const bytes = await page.evaluate(
      async () => (await /** @type {any} */ (performance).measureUserAgentSpecificMemory()).bytes,
    );
    const kernels = await page.locator("#memory").textContent();
    // What measuring did to the page is not its training's.
    await seen(page);
    await start.click();
    return { bytes, kernels };
  };
  const loading = await seen(page);
  await start.click();
  const warmUp = Math.max(3, Math.round(seconds / 6));
  await page.waitForTimeout(warmUp * 1000);
  const beginning = await seen(page);
  const warm = await memory();
  await page.waitForTimeout((seconds - warmUp) * 1000);
  const training = await seen(page);
  const end = await memory();
  const steps = await step();
  const growth = end.bytes - warm.bytes;
  const figures = [
    `${seconds} s, ${steps} steps`,
    `loading: ${text(loading)}`,
    `first ${warmUp} s: ${text(beginning)}`,
    `then: ${text(training)}`,
    `page and workers ${(warm.bytes / 1e6).toFixed(2)} MB, then ${(end.bytes / 1e6).toFixed(2)} MB`,
    `kernels ${warm.kernels}, then ${end.kernels}`,
  ].join("; ");
  for (const { longest } of timed ? [beginning, training] : []) {
    assert.ok(longest <= longestTask, `a task of ${longest} ms, at most ${longestTask}: ${figures}`);
  }
  assert.equal(end.kernels, warm.kernels, `the kernels' memory stays: ${figures}`);
  assert.ok(growth <= memoryTolerance, `${growth} bytes more than after warm-up: ${figures}`);
  return figures;
}

/**
 * A training whose signal is aborted between two events; the abort's step follows from the time since the event before.
 * @param {any} context @param {Setting} setting
 */
export async function checkSignal(context, { isolated, timed }) {
  const { page } = await openExample(context, isolated.address);
  const { step, before, milliseconds, stepMilliseconds } = await page.evaluate(async () => {
    const { createRuntime, datasets, gan, layers: L } = await import("genloom");
    const runtime = await createRuntime();
    const stop = new AbortController();
    const network = (/** @type {number} */ units) =>
      L.sequential(L.dense(512), L.leakyRelu(), L.dense(512), L.leakyRelu(), L.dense(units), L.tanh());
    let [last, lastAt, stepMilliseconds, aborted] = [0, performance.now(), 0, 0];
    const training = gan({
      latent: 64,
      generator: L.sequential(network(784), L.reshape(28, 28, 1)),
      discriminator: L.sequential(L.flatten(), network(1)),
    }).train(runtime, datasets.digits({ count: 100 }), {
      steps: 1e6,
      signal: stop.signal,
      onEvent: ({ step }) => {
        if (aborted) return;
        const now = performance.now();
        [last, lastAt, stepMilliseconds] = [step, now, (now - lastAt) / (step - last)];
      },
    });
    setTimeout(() => {
      aborted = performance.now();
      stop.abort();
    }, 2100);
    for await (const _ of training);
    const milliseconds = performance.now() - aborted;
    const { step } = await training.done;
    await runtime.close();
    return { step, before: last + (aborted - lastAt) / stepMilliseconds, milliseconds, stepMilliseconds };
  });
  assert.ok(step > 1 && step < 1e6, `it trained, and ended before its time, found ${step} steps`);
  const figures = `at step ${before.toFixed(1)} of ${stepMilliseconds.toFixed(1)} ms, ended after ${step}, ${milliseconds.toFixed(0)} ms later`;
  // One more, for the steps since the event are estimated from those before it.
  if (timed) assert.ok(step - before <= 2, `one step at most after the abort: ${figures}`);
  return figures;
}

/** Closing a runtime ends its workers, and so does Reset. @param {any} context @param {Setting} setting */
export async function checkWorkers(context, { isolated }) {
  const { page, start, reset, untilStep, untilStatus } = await openExample(context, isolated.address);
  const count = () => page.workers().length;
  /** Workers end a moment after they are told to. */
  const settled = async (/** @type {number} */ wanted) => {
    for (let time = 0; time < 2000 && count() !== wanted; time += 20) await page.waitForTimeout(20);
    return count();
  };
  const own = count();
  assert.ok(own > 0, "the page has workers");
  const runtime = await page.evaluateHandle(async () => (await import("genloom")).createRuntime({ threads: 2 }));
  assert.equal(await settled(own + 2), own + 2, "a worker for each lane");
  await runtime.evaluate((/** @type {import("genloom").Runtime} */ one) => one.close());
  assert.equal(await settled(own), own, "they are gone once the runtime is closed");
  for (let time = 0; time < 2; time++) {
    await start.click();
    await untilStep(5);
    await reset.click();
    await untilStatus(/Ready/);
  }
  assert.equal(await settled(own), own, "as many after two resets");
  return `${own} of the page, ${own + 2} with a second runtime, ${count()} after it was closed`;
}
