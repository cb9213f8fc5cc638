// Samples of a saved model over HTTP, by genloom itself: node examples/server/server.js SAVED [PORT].
import { createServer } from "node:http";
import { pathToFileURL } from "node:url";
import { createRuntime, load, ownUnits } from "genloom";
import { samplesPng } from "genloom/files";

/** Maximum samples of one request. */
const mostSamples = 1024;

/** A request that cannot be answered, with its status. */
class Refusal extends Error {
  /** @param {number} status @param {string} message @param {Record<string, string>} [headers] */
  constructor(status, message, headers = {}) {
    super(message);
    Object.assign(this, { status, headers });
  }
}

/**
 * Serves on the loopback address:
 * - GET /sample?count=16&seed=7&first=0: a PNG of images, JSON of other records or with `&format=json`: `{ shape, data }` in the
 *   data's own units. Equal addresses give equal bytes;
 * - GET /health: `{ ready, waiting, answered, refused }`; 503 once the server is ending.
 *
 * Requests wait for their turn, one is computed at a time on all lanes. If `limit` of them wait, the next one is refused with
 * 503 and `retry-after`.
 * @param {Pick<Awaited<ReturnType<typeof load>>, "shape" | "data" | "sample">} model @param {{ port?: number, limit?: number }} [options]
 */
export async function startServer(model, { port = 0, limit = 256 } = {}) {
  const { range, extent = [(-1 - range.shift) / range.scale, (1 - range.shift) / range.scale] } = model.data;
  const [, , channels = 1] = model.shape;
  const images = [2, 3].includes(model.shape.length) && [1, 3, 4].includes(channels);
  let [ending, waiting, answered, refused] = [false, 0, 0, 0];
  let last = Promise.resolve();

  /** Runs a task when those before it are done. @template T @param {() => Promise<T>} task */
  async function inTurn(task) {
    if (waiting >= limit) throw new Refusal(503, `${limit} requests are waiting`, { "retry-after": "1" });
    waiting++;
    const turn = last.then(task);
    last = turn.then(
      () => {},
      () => {},
    );
    try {
      return await turn;
    } finally {
      waiting--;
    }
  }

  /** @param {import("node:http").IncomingMessage} request @param {import("node:http").ServerResponse} response */
  async function answer({ method, url = "/" }, response) {
    const { pathname, searchParams: given } = new URL(url, "http://localhost");
    if (method !== "GET") throw new Refusal(405, "only GET is known here", { allow: "GET" });
    if (pathname === "/health") return send(ending ? 503 : 200, { ready: !ending, waiting, answered, refused });
    if (pathname !== "/sample") throw new Refusal(404, "known here: /sample, /health");
    const count = integer(given, "count", 1, 1, mostSamples);
    const seed = integer(given, "seed", 0, 0, Number.MAX_SAFE_INTEGER);
    const first = integer(given, "first", 0, 0, Number.MAX_SAFE_INTEGER - count);
    const format = given.get("format") ?? (images ? "png" : "json");
    if (format !== "json" && !(images && format === "png"))
      throw new Refusal(400, `format must be ${images ? "png or json" : "json"}, found ${JSON.stringify(format)}`);
    // Who has gone away needs no samples.
    const samples = await inTurn(async () => (response.destroyed ? undefined : model.sample(count, { seed, first })));
    if (!samples) return;
    answered++;
    if (format === "json") return send(200, { shape: samples.shape, data: [...ownUnits(samples.data, range)] });
    response.setHeader("content-type", "image/png").end(samplesPng(samples, { ...range, extent }));

    /** @param {number} status @param {object} content */
    function send(status, content) {
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(content));
    }
  }

  const server = createServer(async (request, response) => {
    try {
      await answer(request, response);
    } catch (error) {
      const { status = 500, headers = {}, message } = /** @type {any} */ (error);
      if (status === 503) refused++;
      if (status === 500) process.stderr.write(`${/** @type {any} */ (error).stack}\n`);
      response.writeHead(status, { "content-type": "application/json", ...headers });
      response.end(JSON.stringify({ error: status === 500 ? "something is wrong here" : message }));
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${address.port}`,
    /** Accepts no more connections, answers what was asked, and resolves. */
    async end() {
      ending = true;
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await last;
      const timer = setTimeout(() => server.closeAllConnections(), 1000); // those that are kept open for more
      await closed;
      clearTimeout(timer);
    },
  };
}

/** @param {URLSearchParams} given @param {string} name @param {number} usual @param {number} least @param {number} most */
function integer(given, name, usual, least, most) {
  const text = given.get(name) ?? `${usual}`;
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new Refusal(400, `${name} must be an integer from ${least} to ${most}, found ${JSON.stringify(text)}`);
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  /** @param {string} message @param {string} hint @param {number} code @returns {never} */
  const fail = (message, hint, code) => {
    process.stderr.write(`error: ${message}\nhint: ${hint}\n`);
    process.exit(code);
  };
  const usage = "node examples/server/server.js SAVED [PORT]";
  const [saved, port = "8080"] = process.argv.slice(2);
  if (!saved) fail("a saved model is missing", usage, 2);
  if (!/^\d+$/.test(port) || Number(port) > 65535)
    fail(`PORT must be an integer from 0 to 65535, found ${port}`, usage, 2);
  const runtime = await createRuntime();
  const model = await load(runtime, saved).catch(({ message, hint }) => fail(message, hint, 3));
  const { origin, end } = await startServer(model, { port: Number(port) }).catch(({ message }) =>
    fail(message, "choose another PORT", 1),
  );
  process.stdout.write(`${origin}/sample?count=16&seed=7 (Ctrl-C ends it)\n`);
  for (const signal of ["SIGINT", "SIGTERM"]) {
    process.once(signal, async () => {
      await end();
      await runtime.close();
    });
  }
}
