/** Which of a folder's files is read, of kinds whose sequences are in one file. */
import { BadFileError } from "../errors.js";

/** Parts of published data: each is a file, or a folder of files, that its name tells. */
export const dataParts = ["train", "valid", "test"] as const;
export type DataPart = (typeof dataParts)[number];

const word = (words: string) => new RegExp(`(^|[-_. ])(${words})([-_. ]|$)`, "i");
const partNames: Readonly<Record<DataPart, RegExp>> = {
  train: word("train|training"),
  valid: word("val|valid|validation|dev"),
  test: word("test|held-?out"),
};

/** Endings of the files that hold texts, or molecules. */
const endings = {
  text: /\.(txt|text)(\.gz)?$/i,
  molecules: /\.(smi|smiles|txt)(\.gz)?$/i,
};

/** The files of a kind among a folder's, also gzipped, without hidden files and notes such as README. */
export const textNames = (names: readonly string[], kind: keyof typeof endings): string[] =>
  names.filter((name) => endings[kind].test(name) && !/^(\.|readme|licen[cs]e)/i.test(ownName(name)));

/** Whether a file is named after a part. */
export const isOfPart = (name: string): boolean => Object.values(partNames).some((part) => part.test(ownName(name)));

const ownName = (name: string) => name.split(/[/\\]/).at(-1) as string;

/**
 * The file among a folder's that holds its sequences: the only one of the kind, also gzipped, or the one that is named after the
 * part, such as train.txt. Hidden files and notes such as README are not regarded.
 * @param folder name of the folder, used in messages
 * @param names of its files
 * @throws BadFileError if there is no such file, or more than one
 */
export function partName(
  folder: string,
  names: readonly string[],
  {
    part = "train",
    kind = "text",
  }: { readonly part?: DataPart | undefined; readonly kind?: keyof typeof endings } = {},
): string {
  const texts = textNames(names, kind);
  const parts = texts.filter(isOfPart);
  const own = texts.filter((name) => partNames[part].test(ownName(name)));
  const found = parts.length > 0 ? own : texts;
  if (found.length === 1) return found[0];
  const wanted = parts.length > 0 ? `one text for ${part}` : "one .txt file";
  throw new BadFileError(`${folder}: the folder must contain ${wanted}, found ${found.length}`, {
    code: "ERR_DIRECTORY_WITHOUT_DATA",
    hint:
      texts.length > 0
        ? `give the path of one file: ${texts.slice(0, 5).join(", ")}${texts.length > 5 ? ", …" : ""}`
        : "give a folder with a .txt file in UTF-8",
  });
}
