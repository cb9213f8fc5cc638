// A file server on the loopback address, for pages that are shown and pages that are tested.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { normalize } from "node:path/posix";
import { root } from "./host.js";

const types = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
  ".json": "application/json",
};

/** Headers that make a page cross-origin isolated, so that its threads can share memory. */
export const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

/**
 * Serves files on 127.0.0.1.
 * @param {object} options
 * @param {RegExp} options.served the paths, from the folder, that pages may load
 * @param {(path: string) => { file: string, folder?: string, headers?: Record<string, string> }} options.locate the
 * file for a request's path without its leading slash, in `folder` (default: the project's root)
 * @param {(path: string, body: string) => void} [options.receive] called with what pages post
 * @param {number} [options.port] 0, the default, chooses a free port
 */
export async function serveFiles({ served, locate, receive, port = 0 }) {
  const server = createServer(async (request, response) => {
    const path = (request.url ?? "").replace(/^\/|[?#].*$/g, "");
    const { file, folder = root, headers } = locate(path);
    const common = { "cache-control": "no-store", ...headers };
    if (request.method === "POST") {
      let body = "";
      for await (const chunk of request.setEncoding("utf8")) body += chunk;
      response.writeHead(204, common).end();
      receive?.(path, body);
      return;
    }
    const name = normalize(file);
    const type = types[/** @type {keyof typeof types} */ (extname(name))];
    const bytes = type && served.test(name) ? await readFile(join(folder, name)).catch(() => undefined) : undefined;
    if (bytes) response.writeHead(200, { ...common, "content-type": type }).end(bytes);
    else response.writeHead(404, common).end();
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", () => resolve(undefined));
  });
  const address = /** @type {import("node:net").AddressInfo} */ (server.address());
  return {
    origin: `http://127.0.0.1:${address.port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
