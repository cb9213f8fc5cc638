/**
 * A folder of PNG images as a data set. If it holds folders instead, each is a class: labels follow the sorted names of
 * the folders. Images of other formats count as bad; images both in the folder and in its subfolders are an error, so
 * that none is omitted silently. All bad images are found before any is reported: one pass converts all images to
 * records and spools them in memory or on disk; their common size and channels are known after it. Needs node:fs.
 */
import type { Dirent } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError, GenloomError } from "../../errors.js";
import { recordLength } from "../dataset.js";
import { type Channels, withChannels } from "../images/colour.js";
import { checkImageOptions, fitted, type ImageOptions, misfit, opaqueChannels } from "../images/image-fit.js";
import { inMemory, streamed } from "../stream.js";
import { Spool } from "../streaming/spool.js";
import type { RecordSource, TrainingData } from "../training-data.js";
import type { Image } from "./png.js";
import { readFolder, readWhole } from "./read-file.js";
import { decodePng } from "./read-png.js";

/** An image that cannot be used. */
export interface BadImage {
  readonly path: string;
  /** The error that it would give on its own: rule, value, code and hint. */
  readonly error: GenloomError;
}

export interface PngFolderOptions {
  readonly images?: ImageOptions | undefined;
  readonly range?: readonly [low: number, high: number] | undefined;
  /** Called with the images that cannot be used, which are then left out; without it they are an error. */
  readonly skipBad?: ((bad: readonly BadImage[]) => void) | undefined;
  /** Bytes of records above which they are read from a temporary file during training; 0 for always. */
  readonly mostInMemory: number;
}

interface Found {
  readonly path: string;
  readonly label: number;
}

type Size = Pick<Image, "width" | "height">;

/** A usable image in the spool. */
interface Kept extends Omit<Image, "data"> {
  readonly file: Found;
  /** Its number in the spool. */
  readonly piece: number;
}

const skipHint = "fix or remove them, or leave them out with --skip-bad";

/**
 * Reads all images, with 1 or 3 channels (3 if some are coloured) or as set by the options.
 * @returns undefined if there is no PNG image in the folder or its subfolders; a data set that is read during training
 * if its records take more bytes than `mostInMemory`
 * @throws BadFileError if images cannot be used, each in its `list`, or if the disk has no space for their records
 */
export async function fromPngFolder(
  folder: string,
  { images: options = {}, range, skipBad, mostInMemory }: PngFolderOptions,
): Promise<TrainingData | undefined> {
  checkImageOptions(options);
  const { files, classNames } = await findImages(folder);
  if (files.length === 0) return undefined;
  const spool = new Spool(mostInMemory);
  try {
    const { kept, bad } = await readImages(files, options, spool);
    if (bad.length > 0 && (!skipBad || kept.length === 0)) throw unusable(folder, bad, files.length);
    if (bad.length > 0) skipBad?.(bad);
    const channels = options.channels ?? (kept.some((image) => image.channels === 3) ? 3 : 1);
    const data = streamed({
      name: folder,
      stream: recordsOf(spool, kept, channels),
      count: kept.length,
      shape: [kept[0].height, kept[0].width, channels],
      ...(range === undefined ? {} : { range }),
      ...(classNames.length === 0 ? {} : { labels: kept.map(({ file }) => file.label), classNames }),
      source: { kind: "file", path: folder },
    });
    const bytes = data.count * recordLength(data.shape);
    return spool.onDisk || bytes > mostInMemory ? data : await inMemory(data, Number.POSITIVE_INFINITY);
  } catch (error) {
    await spool.close();
    throw error;
  }
}

/** Spools the images, each with its own channels, and selects the usable ones: those of the most common size. */
async function readImages(
  files: readonly Found[],
  options: ImageOptions,
  spool: Spool,
): Promise<{ kept: Kept[]; bad: BadImage[] }> {
  const bad: BadImage[] = [];
  const whole: Kept[] = [];
  for (const file of files) {
    const image = await readImage(file.path, options).catch((error: unknown) => {
      if (!(error instanceof GenloomError)) throw error;
      bad.push({ path: file.path, error });
    });
    if (!image) continue;
    const { width, height, channels } = image;
    whole.push({ width, height, channels, file, piece: whole.length });
    await spool.add(image.data);
  }
  await spool.end();
  const size = commonSize(whole);
  const kept = whole.filter((image) => {
    if (sizeOf(image) === size) return true;
    const rule = `images must be of one size, ${size} as most are, found ${sizeOf(image)}`;
    bad.push({
      path: image.file.path,
      error: formatError(image.file.path, rule, "scale or crop them all with --size N"),
    });
    return false;
  });
  return { kept, bad };
}

/** Reads one image file as a record. */
async function readImage(path: string, options: ImageOptions): Promise<Image> {
  if (!isPngName(path)) throw formatError(path, "not a PNG image", "convert the images to PNG");
  const image = decodePng(await readWhole(path), path);
  const wrong = misfit(image, options);
  if (wrong !== undefined) throw formatError(path, wrong, "choose another --size or --fit");
  return fitted(image, options.channels ?? opaqueChannels(image.channels), options);
}

/** The images' records, all in the same channels. */
function recordsOf(spool: Spool, kept: readonly Kept[], channels: Channels): RecordSource {
  const { width, height } = kept[0];
  const length = width * height * channels;
  const read = async (indices: Int32Array) => {
    const out = new Uint8Array(indices.length * length);
    const pieces = indices.map((index) => kept[index].piece);
    await spool.read(pieces, (i, data) => {
      const image = { width, height, channels: kept[indices[i]].channels, data };
      out.set(withChannels(image, channels, [0, 0, 0]).data, i * length);
    });
    return out;
  };
  return { read, close: () => spool.close() };
}

/**
 * Images in the folder itself, or in its subfolders, following links to both. Throws BadFileError if there are both, or
 * if images lie deeper, because some would be left out silently.
 */
async function findImages(folder: string): Promise<{ files: Found[]; classNames: string[] }> {
  const { files, folders } = await look(folder, 0);
  const own = files.length;
  const classNames: string[] = [];
  for (const name of folders) {
    const inside = await look(join(folder, name), classNames.length);
    for (const deeper of inside.folders) {
      const { length } = (await look(join(folder, name, deeper), 0)).files;
      if (length > 0)
        throw unclear(folder, `${count(length)} in ${join(name, deeper)}`, "in the folder or in its class folders");
    }
    if (inside.files.length === 0) continue;
    for (const file of inside.files) files.push(file);
    classNames.push(name);
  }
  if (own > 0 && classNames.length > 0) {
    const found = `${count(own)} in the folder itself and ${count(files.length - own)} in ${classNames.slice(0, 5).join(", ")}`;
    throw unclear(
      folder,
      `${found}${classNames.length > 5 ? ", …" : ""}`,
      "in the folder or in its class folders, not in both",
    );
  }
  return { files, classNames };
}

const count = (images: number) => `${images} ${images === 1 ? "image" : "images"}`;

const unclear = (folder: string, found: string, rule: string) =>
  new BadFileError(`${folder}: images must be ${rule}, found ${found}`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint: "move the images into one place, or give one of the folders to --data",
  });

/** Images by file extension; other formats than PNG are included so that they can be reported. */
const imageName = /\.(png|jpe?g|jfif|gif|webp|bmp|tiff?|avif|heic)$/i;
const isPngName = (name: string) => /\.png$/i.test(name);

/** Images and folders in a folder, by name; hidden entries (.git, ._x.png of macOS) are skipped. */
async function look(folder: string, label: number): Promise<{ files: Found[]; folders: string[] }> {
  const [files, folders]: [Found[], string[]] = [[], []];
  for (const entry of await readFolder(folder)) {
    if (entry.name.startsWith(".")) continue;
    const path = join(folder, entry.name);
    const kind = await kindOf(entry, path);
    if (kind === "nothing")
      throw new BadFileError(`${path}: a link whose target does not exist`, {
        code: "ERR_FILE_NOT_FOUND",
        hint: "fix or remove the link",
      });
    if (kind === "folder") folders.push(entry.name);
    else if (imageName.test(entry.name)) files.push({ path, label });
  }
  return { files, folders };
}

/** The kind of an entry, or of a link's target. */
async function kindOf(entry: Dirent, path: string): Promise<"folder" | "file" | "nothing"> {
  if (!entry.isSymbolicLink()) return entry.isDirectory() ? "folder" : "file";
  const status = await stat(path).catch(() => undefined);
  return status === undefined ? "nothing" : status.isDirectory() ? "folder" : "file";
}

/** The most common size of the images; if several are equally common, the first. */
function commonSize(images: readonly Size[]): string {
  const counts = new Map<string, number>();
  for (const image of images) counts.set(sizeOf(image), (counts.get(sizeOf(image)) ?? 0) + 1);
  return [...counts].reduce((most, one) => (one[1] > most[1] ? one : most), ["", 0] as [string, number])[0];
}

const sizeOf = ({ width, height }: Size) => `${width} x ${height}`;

const formatError = (path: string, rule: string, hint: string) =>
  new BadFileError(`${path}: ${rule}`, { code: "ERR_FILE_FORMAT", hint });

/** The error of a single bad image, or a common error for several. */
function unusable(folder: string, bad: readonly BadImage[], count: number): GenloomError {
  if (bad.length === 1) return bad[0].error;
  return new BadFileError(`${folder}: ${bad.length} of ${count} images cannot be used`, {
    hint: skipHint,
    list: bad.map(({ error }) => error.message),
  });
}
