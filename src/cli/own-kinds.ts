/** `--kinds FILE`: a user's module that calls `defineKind`, loaded before any file is read. */
import * as modules from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { UsageError } from "../errors.js";

/** Hook that Node calls for every import, since 22.15. */
type ResolveHook = (name: string, context: object, next: (name: string, context: object) => object) => object;
type RegisterHooks = (hooks: { readonly resolve: ResolveHook }) => void;

/**
 * Resolves imports of "genloom" to the modules that this program itself uses. Node users get the package as a separate bundle,
 * whose tensors and kinds this program would not know.
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

/** Loads the module. Throws UsageError if it cannot be loaded or throws an error. */
export async function loadKinds(file: string): Promise<void> {
  // Elsewhere the package is not bundled, and nothing has to be shared.
  if (/\/dist\/node\/[^/]+$/.test(import.meta.resolve("genloom"))) shareModules();
  try {
    await import(pathToFileURL(resolve(file)).href);
  } catch (cause) {
    throw new UsageError(`${file}: cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      hint: "--kinds needs a JavaScript module that calls defineKind",
      cause,
    });
  }
}
