// A browser's page: runs the suite and posts the report back to the server that it came from.
import { coldStart } from "./cold-start.js";

/** @param {unknown} report */
const post = (report) => fetch("./result", { method: "POST", body: JSON.stringify(report) });

try {
  // The browser has just begun, and is busy with itself for a second or two.
  await new Promise((resolve) => setTimeout(resolve, 2000));
  // What a page without a bundler loads; the suite itself needs the package's inner modules beside the host's binding.
  const { milliseconds } = await coldStart(() => import("../../dist/browser/genloom.js"));
  if (new URLSearchParams(location.search).has("cold")) {
    await post({ milliseconds });
    await new Promise(() => undefined);
  }
  const [genloom, { runSuite }, parts] = await Promise.all([
    import("../../dist/bindings/browser.js"),
    import("./suite.js"),
    import("./parts.js"),
  ]);
  const wide = /^\/wide\b/.test(location.pathname) ? { wide: "may", options: { wide: true } } : {};
  const report = await runSuite({ genloom, ...parts, ...wide });
  await post({ ...report, coldStart: milliseconds, secure: isSecureContext });
} catch (error) {
  await post({ error: error instanceof Error ? `${error.message}\n${error.stack}` : `${error}` });
}
