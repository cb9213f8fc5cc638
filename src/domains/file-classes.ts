/** Classes that folders and names of files say. */
import { dataParts, isOfPart, partName, type DataPart, textNames } from "./part-name.js";

export interface FileClasses {
  /** Class of each file. */
  readonly labels: readonly number[];
  readonly classNames: readonly string[];
}

/**
 * The folders of each file, without those that all files have in common at the beginning.
 * @param names with folders, after slashes or backslashes
 */
export function ownFolders(names: readonly string[]): string[][] {
  const folders = names.map((name) => name.split(/[/\\]/).slice(0, -1));
  let common = 0;
  while (common < folders[0]?.length && folders.every((own) => own[common] === folders[0][common])) common++;
  return folders.map((own) => own.slice(common));
}

const isPart = (folder: string) => (dataParts as readonly string[]).includes(folder);

/**
 * Classes of files by their folders: the first folder of each that not all files have in common, and that is not one of the parts
 * train, valid and test.
 * @param names with folders, after slashes or backslashes
 * @returns undefined if a file has no such folder, or all have the same
 * @example folderClasses(["m/bach/1.mid", "m/joplin/1.mid"]).classNames // ["bach", "joplin"]
 */
export function folderClasses(names: readonly string[]): FileClasses | undefined {
  return classesNamed(ownFolders(names).map((own) => own.find((folder) => !isPart(folder))));
}

function classesNamed(own: readonly (string | undefined)[]): FileClasses | undefined {
  if (own.includes(undefined)) return undefined;
  const classNames = [...new Set(own as string[])].sort();
  if (classNames.length < 2) return undefined;
  return { labels: own.map((name) => classNames.indexOf(name as string)), classNames };
}

/** The files of a source that are read, all of one kind, and their classes if there are several. */
export interface ChosenFiles {
  readonly names: readonly string[];
  readonly classNames?: readonly string[];
}

/**
 * The files among a folder's whose lines or texts are read: one per sub-folder, which is then a class; else the one that is
 * named after the part; else all, each a class of its own.
 * @throws as `partName`
 * @example chosenTexts("surnames", ["french.txt", "german.txt"], { kind: "text" }).classNames // ["french", "german"]
 */
export function chosenTexts(
  folder: string,
  names: readonly string[],
  options: { readonly part?: DataPart | undefined; readonly kind: "text" | "molecules" },
): ChosenFiles {
  const { part = "train", kind } = options;
  const texts = textNames(names, kind);
  const classes = folderClasses(texts);
  if (classes) {
    const of = (index: number) => texts.filter((_, file) => classes.labels[file] === index);
    const { classNames } = classes;
    return { names: classNames.map((name, i) => partName(`${folder}/${name}`, of(i), options)), classNames };
  }
  const plain = part === "train" && texts.length > 1 && !texts.some((name) => isOfPart(name));
  const own = plain ? classesNamed(texts.map(classOf)) : undefined;
  if (own?.classNames.length !== texts.length) return { names: [partName(folder, names, options)] };
  return { names: [...texts].sort((a, b) => (classOf(a) < classOf(b) ? -1 : 1)), classNames: own.classNames };
}

/** `surnames/french.txt.gz` -> `french` */
const classOf = (name: string) => (name.split(/[/\\]/).at(-1) as string).replace(/(\.\w+)?(\.gz)?$/i, "");
