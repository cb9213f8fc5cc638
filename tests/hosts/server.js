// The loopback server that browsers get the suite from and post their reports to. /isolated/ has the headers that make
// a page cross-origin isolated, /plain/ has not.
import { isolation, serveFiles } from "../../scripts/file-server.js";

/** What pages may load. */
const served = /^(dist|tests\/hosts\/[a-z-]+\.(js|html)|\.cache\/hosts|node_modules\/@assemblyscript\/loader)(\/|$)/;

/** @param {string} path of a request: the prefix, then a file */
const parts = (path) => /^([a-z]+)\/(.*)/.exec(path) ?? [];

/** Starts it; `report(prefix)` resolves with what the next page of that prefix posts. */
export async function startServer() {
  /** @type {Map<string, (report: any) => void>} */
  const waiting = new Map();
  const { origin, close } = await serveFiles({
    served,
    locate: (path) => {
      const [, prefix = "", file = ""] = parts(path);
      return { file: file || "tests/hosts/page.html", headers: prefix === "isolated" ? isolation : {} };
    },
    receive: (path, body) => waiting.get(parts(path)[1] ?? "")?.(JSON.parse(body)),
  });
  return {
    address: (/** @type {string} */ prefix) => `${origin}/${prefix}/`,
    report: (/** @type {string} */ prefix) => new Promise((resolve) => waiting.set(prefix, resolve)),
    close,
  };
}
