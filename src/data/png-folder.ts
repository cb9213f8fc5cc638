/**
 * A folder of PNG images as a data set. Where it holds folders instead, each is a class: labels follow the folders' names
 * in sorted order. Every image that cannot be used is found before any is reported. Needs node:fs.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError, GenloomError } from "../errors.js";
import { decodePng, type Image } from "../io/png.js";
import { withChannels } from "./colour.js";
import { type Dataset, dataset } from "./dataset.js";
import { fitted, type ImageOptions, misfit, opaqueChannels } from "./image-fit.js";

/** An image that cannot be used. */
export interface BadImage {
  readonly path: string;
  /** The error that it would be by itself: rule, value, code and hint. */
  readonly error: GenloomError;
}

export interface PngFolderOptions {
  readonly images?: ImageOptions | undefined;
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Leaves out images that cannot be used, and is told of them; without it they are an error. */
  readonly skipBad?: ((bad: readonly BadImage[]) => void) | undefined;
}

interface Found {
  readonly path: string;
  readonly label: number;
}

const skipHint = "mend or remove them, or leave them out by --skip-bad";

/**
 * Reads all images, as 1 or 3 channels (3 where some are coloured) or as the options have it.
 * @returns undefined where there is no PNG image in the folder or its folders
 * @throws BadFileError where images cannot be used, each in its `list`
 */
export async function fromPngFolder(
  folder: string,
  read: (path: string) => Promise<Uint8Array>,
  { images: options = {}, range, skipBad }: PngFolderOptions = {},
): Promise<Dataset | undefined> {
  const { files, classNames } = await findImages(folder);
  if (files.length === 0) return undefined;
  const bad: BadImage[] = [];
  const whole: { file: Found; image: Image }[] = [];
  for (const file of files) {
    const { path } = file;
    try {
      const image = decodePng(await read(path), path);
      const wrong = misfit(image, options);
      if (wrong !== undefined) throw formatError(path, wrong, "choose another --size or --fit");
      whole.push({ file, image: fitted(image, options.channels ?? opaqueChannels(image.channels), options) });
    } catch (error) {
      if (!(error instanceof GenloomError)) throw error;
      bad.push({ path, error });
    }
  }
  const size = commonSize(whole.map(({ image }) => image));
  const kept = whole.filter(({ file: { path }, image }) => {
    if (sizeOf(image) === size) return true;
    const rule = `images must be of one size, ${size} as most are, found ${sizeOf(image)}`;
    bad.push({ path, error: formatError(path, rule, "scale or crop them all by --size N") });
    return false;
  });
  if (bad.length > 0 && (!skipBad || kept.length === 0)) throw unusable(folder, bad, files.length);
  if (bad.length > 0) skipBad?.(bad);
  const channels = options.channels ?? (kept.some(({ image }) => image.channels === 3) ? 3 : 1);
  const { width, height } = kept[0].image;
  const records = new Uint8Array(kept.length * width * height * channels);
  kept.forEach(({ image }, i) => {
    records.set(withChannels(image, channels, [0, 0, 0]).data, i * width * height * channels);
  });
  return dataset({
    name: folder,
    records,
    shape: [height, width, channels],
    ...(range === undefined ? {} : { range }),
    ...(classNames.length === 0 ? {} : { labels: kept.map(({ file }) => file.label), classNames }),
    source: { kind: "file", path: folder },
  });
}

/** Images of the folder itself, or else of its folders. */
async function findImages(folder: string): Promise<{ files: Found[]; classNames: string[] }> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = entries.filter((entry) => /\.png$/i.test(entry.name) && !entry.isDirectory());
  if (own.length > 0) return { files: own.map(({ name }) => ({ path: join(folder, name), label: 0 })), classNames: [] };
  const files: Found[] = [];
  const classNames: string[] = [];
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    const inside = (await readdir(join(folder, entry.name))).filter((name) => /\.png$/i.test(name)).sort();
    if (inside.length === 0) continue;
    for (const name of inside) files.push({ path: join(folder, entry.name, name), label: classNames.length });
    classNames.push(entry.name);
  }
  return { files, classNames };
}

/** The size that most images have, the first one among equals. */
function commonSize(images: readonly Image[]): string {
  const counts = new Map<string, number>();
  for (const image of images) counts.set(sizeOf(image), (counts.get(sizeOf(image)) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ["", 0] as [string, number])[0];
}

const sizeOf = ({ width, height }: Image) => `${width} x ${height}`;

const formatError = (path: string, rule: string, hint: string) =>
  new BadFileError(`${path}: ${rule}`, { code: "ERR_FILE_FORMAT", hint });

/** One image's own error, or one of them all. */
function unusable(folder: string, bad: readonly BadImage[], count: number): GenloomError {
  if (bad.length === 1) return bad[0].error;
  return new BadFileError(`${folder}: ${bad.length} of ${count} images cannot be used`, {
    hint: skipHint,
    list: bad.map(({ error }) => error.message),
  });
}
