/** The rule that every layer of a network that generates from left to right is causal. */
import type { Layer } from "./layer.js";

/** Configurations of layers within a layer's configuration, at any depth. */
function partsOf(value: unknown): Layer["config"][] {
  if (Array.isArray(value)) return value.flatMap(partsOf);
  if (typeof value !== "object" || value === null) return [];
  const own = typeof (value as { kind?: unknown }).kind === "string" ? [value as Layer["config"]] : [];
  return [...own, ...Object.values(value).flatMap(partsOf)];
}

/** Throws TypeError for a network that is not causal; the message begins with `what` and names the layers that it has. */
export function checkCausal(what: string, network: Layer): void {
  if (network.causal) return;
  const kinds = [...new Set(partsOf(network.config).map(({ kind }) => kind))];
  throw new TypeError(
    `${what}: every layer of the network must be causal, found ${kinds.join(", ")}; a layer of one's own says so by causal: true`,
  );
}
