/** Agreements of ranks on values of JSON. */
import type { Group } from "./group.js";

/** Every rank's value, by rank. */
export async function agreeOn<T>(group: Group, value: T, what: string): Promise<readonly T[]> {
  const all = await group.agree(new TextEncoder().encode(JSON.stringify(value)), what);
  return all.map((bytes) => JSON.parse(new TextDecoder().decode(bytes)));
}
