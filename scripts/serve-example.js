// `npm run example`: serves the page of examples/browser on a loopback port, with the headers that allow several lanes;
// --plain omits them, --port N chooses the port (8080).
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { isolation, serveFiles } from "./file-server.js";
import { ensureReady } from "./prepare.js";

/** The page's address on a server of `serveExample`. */
const page = "/examples/browser/index.html";

/**
 * @param {{ port?: number, plain?: boolean }} [options] `plain`: without the headers of cross-origin isolation
 * @returns the page's address, and a function that ends the server
 */
export async function serveExample({ port = 0, plain = false } = {}) {
  const { origin, close } = await serveFiles({
    port,
    served: /^(dist|examples\/browser)\//,
    locate: (path) => ({
      file: path === "" || path.endsWith("/") ? `${path}index.html` : path,
      headers: plain ? {} : isolation,
    }),
  });
  return { address: `${origin}${page}`, close };
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { port: { type: "string", default: "8080" }, plain: { type: "boolean" } } });
  await ensureReady();
  try {
    const { address } = await serveExample({ port: Number(values.port), plain: values.plain === true });
    process.stdout.write(`${address} (Ctrl-C ends it)\n`);
  } catch (error) {
    process.stderr.write(
      `error: ${error instanceof Error ? error.message : error}\nhint: --port 0 chooses a free port\n`,
    );
    process.exitCode = 1;
  }
}
