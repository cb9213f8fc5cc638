// The loopback server that browsers get the suite from and post their reports to. /isolated/ has the headers that make
// a page cross-origin isolated, /plain/ has not.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { root } from "../../scripts/host.js";

const types = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".wasm": "application/wasm",
  ".json": "application/json",
};
const isolation = { "cross-origin-opener-policy": "same-origin", "cross-origin-embedder-policy": "require-corp" };

/** What pages may load. */
const served = /^(dist|tests\/hosts\/[a-z-]+\.(js|html)|\.cache\/hosts|node_modules\/@assemblyscript\/loader)(\/|$)/;

/** Starts it; `report(prefix)` resolves with what the next page of that prefix posts. */
export async function startServer() {
  /** @type {Map<string, (report: any) => void>} */
  const waiting = new Map();
  const server = createServer(async (request, response) => {
    const [, prefix = "", path = ""] = /^\/([a-z]+)\/([^?]*)/.exec(request.url ?? "") ?? [];
    const headers = { "cache-control": "no-store", ...(prefix === "isolated" ? isolation : {}) };
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
      response.writeHead(204, headers).end();
      waiting.get(prefix)?.(JSON.parse(body));
      return;
    }
    const file = path === "" ? "tests/hosts/page.html" : normalize(decodeURIComponent(path));
    const type = types[/** @type {keyof typeof types} */ (extname(file))];
    const bytes = type && served.test(file) ? await readFile(join(root, file)).catch(() => undefined) : undefined;
    if (bytes) response.writeHead(200, { ...headers, "content-type": type }).end(bytes);
    else response.writeHead(404, headers).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(undefined)));
  const { port } = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    address: (/** @type {string} */ prefix) => `http://127.0.0.1:${port}/${prefix}/`,
    report: (/** @type {string} */ prefix) => new Promise((resolve) => waiting.set(prefix, resolve)),
    close: () => server.closeAllConnections() ?? server.close(),
  };
}
