// Pages from folders of their own, with headers of their own, on the loopback server of tests/hosts.
import { startServer } from "../hosts/server.js";

/** @typedef {Awaited<ReturnType<typeof startSites>>} Sites */

export async function startSites() {
  /** @type {Map<string, { folder: string, headers: Record<string, string> }>} */
  const sites = new Map();
  const server = await startServer({
    // Anything in the folder, nothing above it.
    served: /^(?!\.\.)/,
    locate: (prefix, file) => ({ file: file || "index.html", ...sites.get(prefix) }),
  });
  return {
    /** A new site: its address, and a promise of what its page posts. @param {string} folder @param {Record<string, string>} headers */
    page(folder, headers) {
      const prefix = `site-${sites.size + 1}`;
      sites.set(prefix, { folder, headers });
      return server.page(prefix);
    },
    close: server.close,
  };
}
