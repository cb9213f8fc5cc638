// The loopback server that pages under test come from and post their reports to. The first part of an address is the
// page's own: it decides about files and headers, and whose report a post is.
import { isolation, serveFiles } from "../../scripts/file-server.js";

/**
 * @typedef {object} Pages
 * @property {RegExp} served what pages may load
 * @property {(prefix: string, file: string) => ReturnType<Parameters<typeof serveFiles>[0]["locate"]>} locate
 *   `file` is empty for the page itself
 */

/** The suite's pages: /isolated/ has the headers that make a page cross-origin isolated, /plain/ has not, and
 * /wide/ asks for a build `wide` too; so do /isolated-1/ and so on, for pages at the same time. @type {Pages} */
export const suitePages = {
  served: /^(dist|tests\/hosts\/[a-z-]+\.(js|html)|\.cache\/hosts|node_modules\/@assemblyscript\/loader)(\/|$)/,
  locate: (prefix, file) => ({
    file: file || "tests/hosts/page.html",
    headers: /^(isolated|wide)\b/.test(prefix) ? isolation : {},
  }),
};

/** @param {string} path of a request: the prefix, then a file */
const parts = (path) => /^([\w-]+)\/(.*)/.exec(path) ?? [];

/**
 * Starts it; `page(prefix, host)` is an address, and a promise of what the page there posts next. `host` is the name that
 * stands in the address, where it is not this machine's. @param {Pages} pages
 */
export async function startServer({ served, locate }) {
  /** @type {Map<string, (report: any) => void>} */
  const waiting = new Map();
  const { origin, close } = await serveFiles({
    served,
    locate: (path) => {
      const [, prefix = "", file = ""] = parts(path);
      return locate(prefix, file);
    },
    receive: (path, body) => waiting.get(parts(path)[1] ?? "")?.(JSON.parse(body)),
  });
  return {
    page: (/** @type {string} */ prefix, /** @type {string | undefined} */ host = undefined) => ({
      address: `${host ? origin.replace("127.0.0.1", host) : origin}/${prefix}/`,
      report: new Promise((resolve) => waiting.set(prefix, resolve)),
    }),
    close,
  };
}
