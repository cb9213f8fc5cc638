/** Presets of all families: one row each. */
import type { Described } from "../data/dataset.js";
import { UsageError } from "../errors.js";
import type { FamilyKind } from "../train/family.js";
import { ganPresets } from "./gan.js";
import type { FamilyPresets, Preset } from "./preset.js";
import { rbmPresets } from "./rbm.js";
import { vaePresets } from "./vae.js";

export type { FamilyPresets, Preset } from "./preset.js";

const families: Readonly<Partial<Record<FamilyKind, FamilyPresets>>> = {
  gan: ganPresets,
  vae: vaePresets,
  rbm: rbmPresets,
};

function presetsOf(kind: FamilyKind): FamilyPresets {
  const found = families[kind];
  if (!found) throw new UsageError(`${kind}: it has no presets`, { hint: "describe the model by --model FILE" });
  return found;
}

/** A preset by name. Throws UsageError, naming the known ones, where there is none. */
export function presetNamed(kind: FamilyKind, name: string): Preset {
  const { presets } = presetsOf(kind);
  if (Object.hasOwn(presets, name)) return presets[name];
  throw new UsageError(`${kind}: no preset is named ${JSON.stringify(name)}`, {
    hint: `presets: ${Object.keys(presets).join(", ")}`,
  });
}

/** Name of the preset that suits `--data`: its own where there is one of the same name. */
export function presetForSource(kind: FamilyKind, source: string): string | undefined {
  return Object.hasOwn(presetsOf(kind).presets, source) ? source : undefined;
}

/** Name of the preset that suits records of this kind. */
export function presetForData(kind: FamilyKind, data: Described): string {
  return presetsOf(kind).choose(data);
}

/** All presets, for `--help`. */
export function presetList(): { kind: FamilyKind; name: string; summary: string }[] {
  return Object.entries(families).flatMap(([kind, { presets }]) =>
    Object.entries(presets).map(([name, { summary }]) => ({ kind: kind as FamilyKind, name, summary })),
  );
}
