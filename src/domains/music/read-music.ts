/** Music by content: a JSON file of chorales, or MIDI files. Portable: takes bytes; `music-files.ts` reads paths. */
import { BadFileError } from "../../errors.js";
import { isMidi } from "./midi-chunks.js";
import type { MusicOptions } from "./music-data.js";
import { readJsb } from "./read-jsb.js";
import { type NamedFile, readMidi } from "./read-midi.js";
import type { Music } from "./transposed.js";

const midiName = /\.midi?$/i;
const jsonName = /\.json(\.gz)?$/i;

/**
 * Names of the files of a folder that hold its music: its one JSON file, of several that in quarter notes, or all MIDI files.
 * Hidden files are left out.
 * @returns empty if there are none
 * @throws BadFileError if there are several JSON files and none, or more than one, is named -quarter, or both JSON and MIDI
 * @example musicNames("bach", ["README.md", "jsb-16th.json", "jsb-quarter.json"]) // ["jsb-quarter.json"]
 */
export function musicNames(folder: string, names: readonly string[]): string[] {
  const shown = names.filter((name) => !name.split(/[/\\]/).some((part) => part.startsWith(".")));
  const json = shown.filter((name) => jsonName.test(name));
  const midi = shown.filter((name) => midiName.test(name));
  if (json.length > 0 && midi.length > 0)
    throw unclear(folder, `must hold a JSON file or MIDI files, found ${json.length} and ${midi.length}`, json);
  if (json.length <= 1) return json.length === 1 ? json : midi;
  const quarters = json.filter((name) => /-quarter\./i.test(name));
  if (quarters.length === 1) return quarters;
  throw unclear(folder, `must hold one JSON file, or one named -quarter, found ${json.length}`, json);
}

/**
 * Music of files in memory: those of a disk, or dropped on a page, or of a folder that was chosen there.
 * @param files one file by its content, or those of a folder, chosen by `musicNames`
 * @param options `name`: of the whole, for messages; default: the name of the file, or "files"
 * @throws BadFileError for files that cannot be used; UsageError if MIDI files need the package `midi-file`
 */
export async function readMusic(
  files: readonly NamedFile[],
  options: MusicOptions & { readonly name?: string } = {},
): Promise<Music> {
  const { name = files.length === 1 ? files[0].name : "files", ...rest } = options;
  const names =
    files.length === 1
      ? [files[0].name]
      : musicNames(
          name,
          files.map((file) => file.name),
        );
  const chosen = files.filter((file) => names.includes(file.name));
  if (chosen.length === 0)
    throw new BadFileError(`${name}: no music among ${files.length} files`, {
      code: "ERR_DIRECTORY_WITHOUT_DATA",
      hint: "give a JSON file of chorales, or MIDI files",
    });
  const [first] = chosen;
  if (chosen.length === 1 && !isMidi(first.bytes) && !midiName.test(first.name)) return readJsb(first, rest);
  return readMidi(chosen, { ...rest, name });
}

const unclear = (folder: string, rule: string, names: readonly string[]) =>
  new BadFileError(`${folder}: the folder ${rule}`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint: `give the path of one file: ${names.slice(0, 5).join(", ")}${names.length > 5 ? ", …" : ""}`,
  });
