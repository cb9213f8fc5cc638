// A frame without `allow-same-origin`: its origin is opaque, so that its server counts as another.
import * as genloom from "../../../dist/browser/genloom.js";
import "./train.js";

const report = await globalThis.trainSmall(genloom).catch((/** @type {any} */ error) => ({
  error: `${error.code} ${error.message}`,
}));
parent.postMessage(report, "*");
