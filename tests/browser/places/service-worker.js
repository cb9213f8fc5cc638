// A module service worker: `import()` is not for it.
import * as single from "../../../dist/browser/genloom.single.js";
import * as usual from "../../../dist/browser/genloom.js";
import "./train.js";

addEventListener("message", (/** @type {any} */ event) => {
  const genloom = event.data === "usual" ? usual : single;
  const report = globalThis
    .trainSmall(genloom)
    .catch((/** @type {any} */ { code, message, hint }) => ({ error: message, code, hint }));
  event.waitUntil(report.then((/** @type {any} */ found) => event.ports[0].postMessage(found)));
});
