// The component of the guide in React's StrictMode: it trains once, and its workers go when it does, whether in the middle of a
// loop, before the runtime has come, or at the end.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join } from "node:path";
import { root } from "../../scripts/host.js";
import { openExample } from "./example.js";

const hosts = join(root, "tests/hosts");

const entry = `
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Training } from "guide";

globalThis.mountTraining = () => {
  const place = document.createElement("section");
  place.id = "training";
  document.body.append(place);
  const root = createRoot(place);
  root.render(<StrictMode><Training /></StrictMode>);
  globalThis.unmountTraining = () => {
    root.unmount();
    place.remove();
  };
};
`;

/** The guide's component, bundled with React for development. */
async function component() {
  const guide = await readFile(join(root, "docs/guide.md"), "utf8");
  const code = /```jsx\n([\s\S]*?)```/.exec(guide)?.[1];
  assert.ok(code, "the guide has a component");
  const { build } = createRequire(join(hosts, "package.json"))("esbuild");
  const { outputFiles } = await build({
    stdin: { contents: entry, loader: "jsx", resolveDir: hosts },
    bundle: true,
    write: false,
    format: "esm",
    jsx: "automatic",
    external: ["genloom"],
    define: { "process.env.NODE_ENV": '"development"' },
    plugins: [
      {
        name: "guide",
        setup(/** @type {any} */ setup) {
          setup.onResolve({ filter: /^guide$/ }, () => ({ path: "guide", namespace: "guide" }));
          setup.onLoad({ filter: /./, namespace: "guide" }, () => ({
            contents: code,
            loader: "jsx",
            resolveDir: hosts,
          }));
        },
      },
    ],
  });
  return outputFiles[0].text;
}

/** @param {any} context @param {import("./example.js").Setting} setting */
export async function checkReact(context, { isolated }) {
  const { page, errors } = await openExample(context, isolated.address);
  page.on("console", (/** @type {any} */ message) => message.type() === "error" && errors.push(message.text()));
  await page.addScriptTag({ type: "module", content: await component() });
  await page.waitForFunction(() => "mountTraining" in globalThis);
  const [mount, unmount] = ["mountTraining", "unmountTraining"].map(
    (name) => () => page.evaluate((/** @type {string} */ called) => /** @type {any} */ (globalThis)[called](), name),
  );
  const text = (/** @type {RegExp} */ pattern) => page.locator("#training p").getByText(pattern).waitFor();
  const own = page.workers().length;
  /** @param {number} count @param {string} what */
  const workers = async (count, what) => {
    for (let time = 0; time < 5000 && page.workers().length !== count; time += 20) await page.waitForTimeout(20);
    assert.equal(page.workers().length, count, what);
  };
  const lanes = await page.evaluate(() => navigator.hardwareConcurrency);

  await mount?.();
  await text(/^step \d+$/);
  await workers(own + lanes, "workers of one runtime, though StrictMode runs the effect twice");
  await unmount?.();
  await workers(own, "no workers after a loop that was left");
  await mount?.();
  await unmount?.();
  await page.waitForTimeout(500);
  await workers(own, "no workers of a component that went before its runtime came");
  await mount?.();
  await text(/^done: [0-9a-f]+$/);
  await workers(own, "no workers after the end");
  assert.deepEqual(errors, []);
}
