/** examples/server: 200 requests at once, a full queue, bad requests, and its end. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { adam, createRuntime, datasets, gan, layers as L, load } from "#binding";
import { decodePng } from "#src/data/formats/read-png";
import { samplesPng } from "#src/files";
import { startServer } from "../../examples/server/server.js";
import { root } from "../../scripts/host.js";

const digits = datasets.digits({ count: 100 });
const runtime = await createRuntime();
/** On which the same samples are drawn, one after the other. */
const other = await createRuntime({ threads: 1 });
let bytes: Uint8Array;
let [model, reference] = [] as unknown as Awaited<ReturnType<typeof load>>[];

beforeAll(async () => {
  const generator = L.sequential(L.dense(32), L.leakyRelu(), L.dense(784), L.tanh(), L.reshape(28, 28, 1));
  const optimizers = { generator: adam(2e-3), discriminator: adam(2e-3) };
  const discriminator = L.sequential(L.flatten(), L.dense(1));
  const training = gan({ latent: 8, generator, discriminator, optimizers }).train(runtime, digits, {
    steps: 5,
    seed: 1,
  });
  await training.done;
  bytes = await training.model.save();
  [model, reference] = [await load(runtime, bytes), await load(other, bytes)];
});
afterAll(() => Promise.all([runtime.close(), other.close()]));

/** Requests with counts, seeds and places in the sequence of all kinds. */
const asked = Array.from({ length: 200 }, (_, i) => ({
  count: 1 + ((i * 7) % 12),
  seed: i % 3 === 0 ? 2 ** 40 + i : i % 17,
  first: (i * 131) % 1000,
  json: i % 2 === 1,
}));

const addressOf = (origin: string, { count, seed, first, json }: (typeof asked)[number]) =>
  `${origin}/sample?count=${count}&seed=${seed}&first=${first}${json ? "&format=json" : ""}`;

test("answers 200 requests at once with the samples that each asked for", async () => {
  const server = await startServer(model);
  const start = performance.now();
  const answers = await Promise.all(
    asked.map(async (one) => {
      const response = await fetch(addressOf(server.origin, one));
      return { one, status: response.status, body: new Uint8Array(await response.arrayBuffer()) };
    }),
  );
  process.stdout.write(`examples/server: 200 requests in ${(performance.now() - start).toFixed(0)} ms\n`);
  for (const { one, status, body } of answers) {
    expect(status).toBe(200);
    const samples = await reference.sample(one.count, { seed: one.seed, first: one.first });
    if (one.json) {
      const { shape, data } = JSON.parse(new TextDecoder().decode(body));
      expect(shape).toEqual([one.count, 28, 28, 1]);
      const wanted = samples.data.map((value) => (value + 1) * 127.5);
      // Two builds of the kernels may differ in the last bits.
      data.forEach((value: number, i: number) => {
        if (Math.abs(value - wanted[i]) > 0.01) expect(value).toBeCloseTo(wanted[i], 2);
      });
    } else {
      const [found, wanted] = [decodePng(body), decodePng(samplesPng(samples, digits))];
      expect([found.width, found.height]).toEqual([wanted.width, wanted.height]);
      const furthest = found.data.reduce((so, value, i) => Math.max(so, Math.abs(value - wanted.data[i])), 0);
      expect(furthest).toBeLessThanOrEqual(1);
    }
  }
  const health = await (await fetch(`${server.origin}/health`)).json();
  expect(health).toEqual({ ready: true, waiting: 0, answered: 200, refused: 0 });
  await server.end();
});

test("refuses what its queue does not hold, and says when to come again", async () => {
  // Slow enough that all requests arrive while the first ones are computed.
  const { shape, data } = model;
  const sample = (async (count: number, options: object) => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return model.sample(count, options);
  }) as typeof model.sample;
  const server = await startServer({ shape, data, sample }, { limit: 4 });
  const answers = await Promise.all(
    asked.slice(0, 40).map((one) => fetch(addressOf(server.origin, { ...one, count: 40 }))),
  );
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(answers.filter(({ status }) => status === 200).length).toBe(40 - refused.length);
  for (const response of refused) {
    expect(response.headers.get("retry-after")).toBe("1");
    expect(await response.json()).toEqual({ error: "4 requests are waiting" });
  }
  const { answered, refused: counted } = await (await fetch(`${server.origin}/health`)).json();
  expect([answered, counted]).toEqual([40 - refused.length, refused.length]);
  await server.end();
});

test("goes on after clients that went away", async () => {
  const server = await startServer(model);
  const leaving = new AbortController();
  const gone = Array.from({ length: 20 }, (_, seed) =>
    fetch(`${server.origin}/sample?count=100&seed=${seed}`, { signal: leaving.signal }).catch(({ name }) => name),
  );
  await new Promise((resolve) => setTimeout(resolve, 20));
  leaving.abort();
  await Promise.all(gone);
  expect((await fetch(`${server.origin}/sample`)).status).toBe(200);
  await server.end();
});

test.each([
  ["/sample?count=0", 400, 'count must be an integer from 1 to 1024, found "0"'],
  ["/sample?count=2000", 400, 'count must be an integer from 1 to 1024, found "2000"'],
  ["/sample?seed=-1", 400, 'seed must be an integer from 0 to 9007199254740991, found "-1"'],
  ["/sample?first=1e3", 400, 'first must be an integer from 0 to 9007199254740990, found "1e3"'],
  ["/sample?format=bmp", 400, 'format must be png or json, found "bmp"'],
  ["/", 404, "known here: /sample, /health"],
])("answers %s with %i", async (path, status, error) => {
  const server = await startServer(model);
  const response = await fetch(server.origin + path);
  expect([response.status, await response.json()]).toEqual([status, { error }]);
  await server.end();
});

test.each([
  [[], 2, "error: a saved model is missing\nhint: node examples/server/server.js SAVED [PORT]\n"],
  [
    ["x", "y"],
    2,
    "error: PORT must be an integer from 0 to 65535, found y\nhint: node examples/server/server.js SAVED [PORT]\n",
  ],
  [["nowhere"], 3, "error: nowhere: no such file or directory\nhint: check the path\n"],
])("as a program: %j ends with %i and two lines", (args, code, lines) => {
  const { status, stderr } = spawnSync(process.execPath, [join(root, "examples/server/server.js"), ...args], {
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([code, lines]);
});

test("as a program: answers what was asked before a signal, then ends with 0", { timeout: 30_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "genloom-server-"));
  await writeFile(join(folder, "model.safetensors"), bytes);
  const program = join(root, "examples/server/server.js");
  const child = spawn(process.execPath, [program, join(folder, "model.safetensors"), "0"], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const ended = once(child, "exit");
    const started = once(child.stdout.setEncoding("utf8"), "data");
    const [line] = await Promise.race([started, ended.then(() => Promise.reject(new Error("it ended at once")))]);
    const origin = /http:\/\/[^/]+/.exec(line)?.[0] ?? "";
    const answers = asked.slice(0, 30).map((one) => fetch(addressOf(origin, { ...one, json: false })));
    await Promise.race(answers);
    child.kill("SIGTERM");
    const statuses = (await Promise.allSettled(answers)).map((one) => one.status === "fulfilled" && one.value.status);
    // Connections that the server had not accepted before the signal are refused by the system.
    const accepted = statuses.filter((status) => status !== false);
    expect(accepted.length).toBeGreaterThan(0);
    expect(new Set(accepted)).toEqual(new Set([200]));
    const [code] = await ended;
    expect(code).toBe(0);
    await expect(fetch(`${origin}/health`)).rejects.toThrow();
  } finally {
    child.kill("SIGKILL");
    await rm(folder, { recursive: true, force: true });
  }
});
