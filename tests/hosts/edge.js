// An edge worker: answers /cold with one training step, anything else with the suite's report.
import * as genloom from "../../dist/bindings/edge.js";
import { coldStart } from "./cold-start.js";
import * as parts from "./parts.js";
import { runSuite } from "./suite.js";

export default {
  /** @param {Request} request */
  async fetch(request) {
    try {
      if (new URL(request.url).pathname === "/cold") {
        await coldStart(async () => genloom);
        return Response.json({});
      }
      return Response.json(await runSuite({ genloom, ...parts, lanes: [1] }));
    } catch (error) {
      return Response.json({ error: error instanceof Error ? `${error.message}\n${error.stack}` : `${error}` });
    }
  },
};
