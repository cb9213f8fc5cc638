// Where pages come from and how they are shown, in one browser after the other: from a disk, with each of the headers that isolate
// a page, in a frame of opaque origin, in service workers, by http from another machine; and many runtimes in one page. The
// weights and samples are those of Node.
import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { isolation } from "../../scripts/file-server.js";
import { root } from "../../scripts/host.js";
import { startServer } from "../hosts/server.js";
import { runBrowser } from "../hosts/start.js";
import { order } from "./places/order.js";

const folder = "tests/browser/places";

/** Headers of the places that have some. @type {Record<string, Record<string, string>>} */
const headers = {
  credentialless: { ...isolation, "cross-origin-embedder-policy": "credentialless" },
  document: { "document-isolation-policy": "isolate-and-credentialless" },
  // What a server answers to a page of opaque origin.
  frame: { "access-control-allow-origin": "*" },
};

/** @param {any} report */
const isolated = ({ crossOriginIsolated, lanes, cores }) => {
  assert.equal(crossOriginIsolated, true, "the page is isolated");
  assert.equal(lanes, cores, "one lane per core");
};

/** @param {any} report @param {RegExp} reason */
function alone({ lanes, reasons, cores }, reason) {
  assert.equal(lanes, 1);
  if (cores > 1) assert.match(reasons.join("; "), reason);
}

/** What a report must say beside weights and samples, by place. @type {Record<string, (report: any, browser: string) => void>} */
const expectations = {
  file: (report) => {
    assert.equal(report.protocol, "file:");
    alone(report, /a page from a disk/);
  },
  plain: (report) => alone(report, /credentialless.*Document-Isolation-Policy: isolate-and-credentialless/),
  credentialless: isolated,
  document: (report, browser) =>
    browser === "chromium" ? isolated(report) : alone(report, /Document-Isolation-Policy/),
  frame: (report) => {
    assert.equal(report.origin, "null", "an opaque origin");
    alone(report, /memory cannot be shared/);
  },
  service: (report) => {
    alone(report, /cannot start workers/);
    assert.equal(report.script.weightHash, report.weightHash, "the same weights in a service worker that is a script");
    assert.equal(report.usual.code, "ERR_HOST", "import() is refused");
    assert.match(report.usual.hint, /genloom\/single/);
  },
  many: ({ count, refusal, dropped }, browser) => {
    if (refusal || browser === "chromium") {
      assert.ok(count >= 10, `room for ten runtimes, found ${count}`);
      assert.equal(refusal?.code, "ERR_OUT_OF_MEMORY", refusal?.message);
      assert.match(refusal.hint, /close\(\)/);
    }
    assert.equal(dropped, count + 50, "more that nobody holds than can be held");
  },
  http: (report) => {
    assert.equal(report.isSecureContext, false);
    alone(report, /https or localhost/);
  },
};

/** What Node gives. */
async function wanted() {
  await import("./places/train.js");
  const genloom = await import("../../dist/bindings/node.js");
  return /** @type {any} */ (globalThis).trainSmall(genloom);
}

/**
 * Takes a browser through all places.
 * @param {"chromium" | "firefox"} browser @param {string} program
 * @returns {Promise<{ name: string, error?: string, remark?: string }[]>} a row for each place
 */
export async function checkPlaces(browser, program) {
  const node = await wanted();
  const disk = mkdtempSync(join(tmpdir(), "genloom-disk-"));
  for (const name of ["file.html", "file.js", "train.js"]) copyFileSync(join(root, folder, name), join(disk, name));
  copyFileSync(join(root, "dist/browser/genloom.classic.js"), join(disk, "genloom.classic.js"));
  const server = await startServer({
    served: /^(dist|tests\/browser\/places)\//,
    locate: (place, file) => ({ file: file || `${folder}/page.html`, headers: headers[place] ?? {} }),
  });
  /** @type {Record<string, any>} */
  const reports = {};
  const pages = ["file", ...order].map((place) => ({ place, ...server.page(place) }));
  const all = Promise.all(pages.map(async ({ place, report }) => (reports[place] = await report)));
  const origin = pages[0]?.address.replace("/file/", "");
  const start = new URLSearchParams({ server: `${origin}`, next: `${pages[1]?.address}` });
  const address = `${pathToFileURL(join(disk, "file.html"))}#${start}`;
  let failure = "its page was not reached";
  try {
    await runBrowser(browser, program, { address, report: all }, { patience: 90_000 });
  } catch (error) {
    failure = error instanceof Error ? error.message : `${error}`;
  } finally {
    server.close();
    rmSync(disk, { recursive: true });
  }
  return pages.map(({ place }) => {
    const name = `${browser}: ${place}`;
    const report = reports[place];
    try {
      if (!report || report.error) throw new Error(report?.error ?? failure);
      assert.equal(report.weightHash, node.weightHash, "the weights of Node");
      assert.deepEqual(report.samples, node.samples, "the samples of Node");
      expectations[place]?.(report, browser);
      const count = place === "many" ? `, ${report.count} held${report.refusal ? ", then refused" : ""}` : "";
      return { name, remark: `${report.build}, ${report.lanes} ${report.lanes === 1 ? "lane" : "lanes"}${count}` };
    } catch (error) {
      return { name, error: error instanceof Error ? error.message : `${error}` };
    }
  });
}
