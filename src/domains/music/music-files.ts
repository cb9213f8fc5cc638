/** Music from a path: a JSON file of chorales, a MIDI file, or a folder. Needs node:fs. */
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { fileError, readFolder, readWhole } from "../../data/formats/read-file.js";
import { mostVoices } from "../../data/codecs/chorale.js";
import { keys, lowestKey } from "../../data/codecs/roll.js";
import type { Sequences } from "../domain.js";
import type { MusicOptions } from "./music-data.js";
import type { NamedFile } from "./read-midi.js";
import { musicNames, readMusic } from "./read-music.js";
import { rolls, type RollsOptions } from "./rolls.js";
import type { Music } from "./transposed.js";

/**
 * Reads music from a disk. A folder gives its JSON file, of several the one in quarter notes, or its MIDI files and those of
 * its folders, which may be named train, valid and test.
 * @throws BadFileError for a path without music, or files that cannot be used; UsageError if the package `midi-file` is needed
 */
export async function loadMusic(path: string, options: MusicOptions = {}): Promise<Music> {
  const status = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const names = status.isDirectory() ? musicNames(path, await namesBelow(path)) : [""];
  const files: NamedFile[] = [];
  // One after the other: a process may not open thousands of files at once.
  for (const name of names) {
    const file = name === "" ? path : join(path, name);
    files.push({ name: file, bytes: await readWhole(file) });
  }
  return readMusic(files, { ...options, name: names.length === 1 ? files[0].name : path });
}

/**
 * Reads music from a disk as piano rolls, of all keys of a piano and as many notes at a time as a MIDI file has channels.
 * @throws as `loadMusic`
 */
export async function loadRolls(
  path: string,
  { window, ...options }: Pick<MusicOptions, "part" | "framesPerBeat"> & RollsOptions = {},
): Promise<Sequences> {
  const pitches = Array.from({ length: keys }, (_, key) => lowestKey + key);
  return rolls(await loadMusic(path, { ...options, pitches, voices: mostVoices }), { ...(window && { window }) });
}

/** Files in a folder and its folders, but not deeper, sorted by name. */
async function namesBelow(folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const entry of await readFolder(folder)) {
    if (entry.name.startsWith(".")) continue;
    if (!entry.isDirectory()) names.push(entry.name);
    else
      for (const inner of await readFolder(join(folder, entry.name)))
        if (!inner.isDirectory()) names.push(join(entry.name, inner.name));
  }
  return names;
}
