/** Packages that need not be installed: loaded when they are first needed; what works without them does so. */

/**
 * Imports a package that need not be installed. The name is a variable, so that bundlers leave it to the host.
 * @returns its module; undefined if there is no such package
 */
export async function optionalPackage(name: string): Promise<unknown> {
  try {
    return await import(/* @vite-ignore */ /* webpackIgnore: true */ name);
  } catch (error) {
    if (isMissing(name, error)) return undefined;
    throw error;
  }
}

/** Node, Deno and Bun have a code for it; the messages of browsers and edge hosts say which name they cannot resolve. */
function isMissing(name: string, error: unknown): boolean {
  const { code, message = "" } = error as { code?: unknown; message?: string };
  return code === "ERR_MODULE_NOT_FOUND" || message.includes(name);
}
