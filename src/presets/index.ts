/** Presets of all families, one entry per family. */
import type { Described } from "../data/training-data.js";
import { UsageError } from "../errors.js";
import { meant } from "../options.js";
import type { FamilyKind } from "../train/trained.js";
import { ganPresets } from "./gan.js";
import type { FamilyPresets, Preset } from "./preset.js";
import { rbmPresets } from "./rbm.js";
import { sequencePresets } from "./sequence.js";
import { vaePresets } from "./vae.js";

export type { FamilyPresets, Preset } from "./preset.js";

const families: Readonly<Partial<Record<FamilyKind, FamilyPresets>>> = {
  gan: ganPresets,
  vae: vaePresets,
  rbm: rbmPresets,
  sequence: sequencePresets,
};

function presetsOf(kind: FamilyKind): FamilyPresets {
  const found = families[kind];
  if (!found)
    throw new UsageError(`${kind}: this family has no presets`, { hint: "describe the model with --model FILE" });
  return found;
}

/** A preset by name. Throws UsageError, which lists the known names, if there is none. */
export function presetNamed(kind: FamilyKind, name: string): Preset {
  const { presets } = presetsOf(kind);
  if (Object.hasOwn(presets, name)) return presets[name];
  throw new UsageError(`${kind}: no preset is named ${JSON.stringify(name)}`, {
    hint: `presets: ${Object.keys(presets).join(", ")}`,
  });
}

/** Name of the preset for `--data`: the one with the same name, if there is one. */
export function presetForSource(kind: FamilyKind, source: string): string | undefined {
  return Object.hasOwn(presetsOf(kind).presets, source) ? source : undefined;
}

/** Name of the preset for records of this kind. */
export function presetForData(kind: FamilyKind, data: Described): string {
  return presetsOf(kind).choose(data);
}

/** A preset of a family, with its name. */
export interface NamedPreset {
  readonly kind: FamilyKind;
  readonly name: string;
  readonly preset: Preset;
}

/** All presets. */
export function presetList(): NamedPreset[] {
  return Object.entries(families).flatMap(([kind, { presets }]) =>
    Object.entries(presets).map(([name, preset]) => ({ kind: kind as FamilyKind, name, preset })),
  );
}

/** A preset by family and name: `gan/dcgan`. Throws UsageError, which lists the known names, if there is none. */
export function presetAt(path: string): NamedPreset {
  const found = presetList().find(({ kind, name }) => `${kind}/${name}` === path);
  if (found) return found;
  const names = presetList().map(({ kind, name }) => `${kind}/${name}`);
  const near = meant(path, names).trimEnd();
  throw new UsageError(`presets: no preset is named ${JSON.stringify(path)}${near && `; ${near}`}`, {
    hint: `presets: ${names.join(", ")}`,
  });
}
