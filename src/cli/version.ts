/** The package's own version. */
import { readFileSync } from "node:fs";

/** From package.json, three folders above dist/src/cli. */
export function packageVersion(): string {
  return JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")).version;
}
