// Pages in browsers. Each posts its report to a server of ours, whose address stands in the page's own.
import { serveFiles } from "../../scripts/file-server.js";
import { programs } from "../hosts/programs.js";
import { runBrowser } from "../hosts/start.js";

/** @typedef {Awaited<ReturnType<typeof startPages>>} Pages */

export async function startPages() {
  /** @type {Map<string, (report: any) => void>} */
  const waiting = new Map();
  const { origin, close } = await serveFiles({
    served: /^$/,
    locate: () => ({ file: "" }),
    receive: (path, body) => waiting.get(path)?.(JSON.parse(body)),
  });

  /**
   * Opens a page, and gives what it reports.
   * @param {string} address
   * @param {{ browser?: "chromium" | "firefox", flags?: string[] }} [options] flags of the browser
   */
  async function open(address, { browser = "chromium", flags = [] } = {}) {
    const found = programs[browser]();
    if (!found) throw new Error(`${browser} is missing here: it must be on the PATH`);
    const path = `page-${waiting.size + 1}`;
    const url = new URL(address);
    url.searchParams.set("report", `${origin}/${path}`);
    const report = new Promise((resolve) => waiting.set(path, resolve));
    const logging = browser === "chromium" ? ["--enable-logging=stderr"] : [];
    const extra = { flags: [...logging, ...flags], patience: 120_000 };
    return runBrowser(browser, found.program, { address: url.href, report }, extra);
  }

  return {
    open,
    /**
     * Serves a folder at the root of an origin, and opens its page.
     * @param {string} folder
     * @param {{ page?: string, headers?: Record<string, string> } & Parameters<typeof open>[1]} [options]
     */
    async show(folder, { page = "index.html", headers = {}, ...options } = {}) {
      const site = await serveFiles({
        served: /^(?!\.\.)/,
        locate: (path) => ({ file: path || page, folder, headers }),
      });
      try {
        return await open(`${site.origin}/${page}`, options);
      } finally {
        site.close();
      }
    },
    close,
  };
}
