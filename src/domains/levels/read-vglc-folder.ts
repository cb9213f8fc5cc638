/** Levels of a game from a file or folder on disk. Needs node:fs. */
import { stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { fileError, readFolder, readWhole } from "../../data/formats/read-file.js";
import type { LevelFile } from "./level-files.js";
import { type LevelSequences, readLevels } from "./read-vglc.js";

/**
 * Reads the levels of a game from its folder in the Video Game Level Corpus, from any folder of text levels, or from one text
 * file. For a corpus folder `Processed`, or a file in it, the legend beside that folder is used too.
 * @throws BadFileError (as a rejection) if there is no such path, and as `readLevels`
 */
export async function readLevelPath(path: string): Promise<LevelSequences> {
  const status = await stat(path).catch((error: unknown) => {
    throw fileError(path, error);
  });
  const folder = resolve(status.isDirectory() ? path : dirname(path));
  const isInside = basename(folder).toLowerCase() === "processed";
  const legends = isInside ? await filesOf(dirname(folder), /\.json$/i) : [];
  if (!status.isDirectory()) {
    const notes = isInside ? await filesOf(folder, /^readme\.txt$/i) : [];
    const files = [...legends, ...notes, { path, bytes: await readWhole(path) }];
    return readLevels(basename(path).replace(/\.\w+$/, ""), files);
  }
  const wanted = /\.(txt|json)$/i;
  const inside = (await readFolder(folder)).find((entry) => entry.isDirectory() && /^processed$/i.test(entry.name));
  const own = await filesOf(folder, wanted);
  const processed = inside ? await filesOf(join(folder, inside.name), wanted) : [];
  return readLevels(basename(isInside ? dirname(folder) : folder), [...legends, ...own, ...processed]);
}

async function filesOf(folder: string, wanted: RegExp): Promise<LevelFile[]> {
  const entries = (await readFolder(folder)).filter((entry) => !entry.isDirectory() && wanted.test(entry.name));
  return Promise.all(
    entries.map(async ({ name }) => ({ path: join(folder, name), bytes: await readWhole(join(folder, name)) })),
  );
}
