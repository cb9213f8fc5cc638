/** Which of a folder's files is the text to read. */
import { BadFileError } from "../../errors.js";

/** Parts of published data: each is a file that its name tells. */
export type TextPart = "train" | "valid" | "test";

const word = (words: string) => new RegExp(`(^|[-_. ])(${words})([-_. ]|$)`, "i");
const partNames: Readonly<Record<TextPart, RegExp>> = {
  train: word("train|training"),
  valid: word("val|valid|validation|dev"),
  test: word("test|held-?out"),
};

/**
 * The text among a folder's files: its only `.txt` file, also gzipped, or the one that is named after the part, such as
 * train.txt. Hidden files and notes such as README are not regarded.
 * @param folder name of the folder, used in messages
 * @param names of its files
 * @throws BadFileError if there is no such file, or more than one
 */
export function textName(folder: string, names: readonly string[], part: TextPart = "train"): string {
  const texts = names.filter((name) => /\.(txt|text)(\.gz)?$/i.test(name) && !/^(\.|readme|licen[cs]e)/i.test(name));
  const parts = texts.filter((name) => Object.values(partNames).some((names) => names.test(name)));
  const own = texts.filter((name) => partNames[part].test(name));
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
