/** `--kinds FILE`: a user's module that calls `defineKind`, run before anything is read. */
import * as modules from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../errors.js";

/** What Node calls for every import, since 22.15. */
type ResolveHook = (name: string, context: object, next: (name: string, context: object) => object) => object;
type RegisterHooks = (hooks: { readonly resolve: ResolveHook }) => void;

/**
 * Lets imports of "genloom" find the modules that the program itself runs. For users of Node the package is one bundle with
 * tensors and kinds of its own, of which the program would know nothing.
 */
function shareModules(): void {
  const url = import.meta.resolve("#binding");
  const { registerHooks } = modules as { registerHooks?: RegisterHooks };
  if (registerHooks) {
    registerHooks({
      resolve: (name, context, next) => (name === "genloom" ? { url, shortCircuit: true } : next(name, context)),
    });
    return;
  }
  const hook = `export const resolve = (name, context, next) =>
    name === "genloom" ? { url: ${JSON.stringify(url)}, shortCircuit: true } : next(name, context);`;
  modules.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

/** Runs the module. Throws UsageError where it cannot be loaded or throws itself. */
export async function loadKinds(file: string): Promise<void> {
  // Elsewhere the package is not bundled, and nothing has to be shared.
  if (/\/dist\/node\/[^/]+$/.test(import.meta.resolve("genloom"))) shareModules();
  try {
    await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw new UsageError(`${file}: cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "--kinds names a JavaScript module that calls defineKind",
      cause,
    });
  }
}
