/**
 * A folder of PNG images of one size as a data set. Where it holds folders instead, each is a class: labels follow the
 * folders' names in sorted order. Needs node:fs.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { BadFileError } from "../errors.js";
import { decodePng, type Image } from "../io/png.js";
import { type Dataset, dataset } from "./dataset.js";

/** @returns undefined where there is no PNG image in the folder or its folders */
export async function fromPngFolder(
  folder: string,
  read: (path: string) => Promise<Uint8Array>,
  range?: readonly [low: number, high: number],
): Promise<Dataset | undefined> {
  const { paths, labels, classes } = await findImages(folder);
  if (paths.length === 0) return undefined;
  const images: Image[] = [];
  for (const path of paths) {
    const image = decodePng(await read(path), path);
    images.push(image);
    const [first] = images;
    if (image.width !== first.width || image.height !== first.height || image.channels !== first.channels) {
      throw new BadFileError(`${path}: images must be of one size: ${sizeOf(first)} at first, here ${sizeOf(image)}`, {
        code: "ERR_FILE_FORMAT",
        hint: "crop or scale the images to one size and colour type",
      });
    }
  }
  const [{ width, height, channels }] = images;
  const opaque = channels % 2 === 0 && images.every(isOpaque);
  const kept = opaque ? channels - 1 : channels;
  const records = new Uint8Array(images.length * width * height * kept);
  images.forEach(({ data }, i) => {
    const start = i * width * height * kept;
    for (let p = 0; p < width * height; p++) {
      for (let c = 0; c < kept; c++) records[start + p * kept + c] = data[p * channels + c];
    }
  });
  return dataset({
    name: folder,
    records,
    shape: [height, width, kept],
    ...(range === undefined ? {} : { range }),
    ...(classes === 0 ? {} : { labels, classes }),
    source: { kind: "file", path: folder },
  });
}

/** Images of the folder itself, or else of its folders. */
async function findImages(folder: string): Promise<{ paths: string[]; labels: number[]; classes: number }> {
  const entries = (await readdir(folder, { withFileTypes: true })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const own = entries.filter((entry) => /\.png$/i.test(entry.name) && !entry.isDirectory());
  if (own.length > 0) return { paths: own.map((entry) => join(folder, entry.name)), labels: [], classes: 0 };
  const paths: string[] = [];
  const labels: number[] = [];
  let classes = 0;
  for (const entry of entries.filter((candidate) => candidate.isDirectory())) {
    const inside = (await readdir(join(folder, entry.name))).filter((name) => /\.png$/i.test(name)).sort();
    if (inside.length === 0) continue;
    for (const name of inside) {
      paths.push(join(folder, entry.name, name));
      labels.push(classes);
    }
    classes++;
  }
  return { paths, labels, classes };
}

function isOpaque({ data, channels }: Image): boolean {
  for (let i = channels - 1; i < data.length; i += channels) if (data[i] !== 255) return false;
  return true;
}

function sizeOf({ width, height, channels }: Image): string {
  return `${width} x ${height} x ${channels}`;
}
