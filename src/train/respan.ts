/**
 * Adapts schedules to another number of training steps: a schedule that ended at the last step is stretched to end at the
 * new last step; all others are unchanged.
 */
import type { FamilyConfig } from "./family.js";

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Names of options that may be schedules. */
const scheduled = ["learningRate", "beta2", "weight", "klWeight", "probability", "ema", "halfLife"];

/** Adapts one schedule, which begins after `begin` steps of the training. */
function respanSchedule(schedule: Json, begin: number, from: number, to: number): Json {
  const { kind, steps, next } = schedule;
  if ((kind === "linear" || kind === "cosine") && typeof steps === "number" && begin + steps === from && to > begin)
    return { ...schedule, steps: to - begin };
  if (kind === "warmUp" && typeof steps === "number" && isObject(next))
    return { ...schedule, next: respanSchedule(next, begin + steps, from, to) };
  return schedule;
}

/**
 * Adapts a model's description from a training of `from` steps to one of `to` steps.
 * @returns the same object if no schedule ends with the training
 * @example respan({ kind: "vae", optimizer: { kind: "adam", learningRate: { kind: "cosine", from: 1, to: 0, steps: 200 } } }, 200, 2000).optimizer.learningRate.steps // 2000
 * @example respan({ kind: "gan", penalties: [{ kind: "r1", weight: { kind: "linear", from: 1, to: 0, steps: 200 } }] }, 200, 400).penalties[0].weight.steps // 400
 */
export function respan(config: FamilyConfig, from: number, to: number): FamilyConfig {
  let changed = false;
  const walk = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(walk);
    if (!isObject(part)) return part;
    const entries = Object.entries(part).map(([name, value]) => {
      const next =
        scheduled.includes(name) && isObject(value) && "kind" in value
          ? respanSchedule(value, 0, from, to)
          : walk(value);
      if (JSON.stringify(next) !== JSON.stringify(value)) changed = true;
      return [name, next];
    });
    return Object.fromEntries(entries);
  };
  const made = walk(config) as FamilyConfig;
  return changed ? made : config;
}
