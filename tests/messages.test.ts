/**
 * Error messages have one form, which docs/glossary.md describes: `subject: rule, found value`. The strings and templates
 * of src/ and bindings/ are searched for messages of other forms.
 */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../", import.meta.url));

interface Message {
  readonly line: number;
  /** The text, with `{}` in place of each expression. */
  readonly text: string;
  /** The class of the error of which it is the first argument; empty for any other string. */
  readonly error: string;
}

/** Matches, at the end of the source before a slash, what makes that slash the beginning of a regular expression. */
const beforeExpression = /(^|[(,=:[!&|?{;>]|return)\s*$/;
const regularExpression = /\/(?:\\.|\[(?:\\.|[^\]])*\]|[^/[\\\n])+\//y;

/** Adds the strings of a source to `found`, from `at` to the brace that ends an expression, or to the end. */
function collect(source: string, at: number, found: Message[]): number {
  for (let depth = 0; at < source.length; ) {
    const one = source[at];
    if (source.startsWith("//", at)) at = endOf(source, "\n", at);
    else if (source.startsWith("/*", at)) at = endOf(source, "*/", at);
    else if (one === "/" && beforeExpression.test(source.slice(Math.max(0, at - 20), at))) {
      regularExpression.lastIndex = at;
      at += regularExpression.exec(source)?.[0].length ?? 1;
    } else if (`"'\``.includes(one)) at = collectLiteral(source, at, found);
    else {
      if (one === "{") depth++;
      if (one === "}" && depth-- === 0) return at + 1;
      at++;
    }
  }
  return at;
}

const endOf = (source: string, mark: string, at: number) => {
  const index = source.indexOf(mark, at);
  return index < 0 ? source.length : index + mark.length;
};

/** Adds a string or template, and the strings within its expressions; returns the index after it. */
function collectLiteral(source: string, start: number, found: Message[]): number {
  const quote = source[start];
  let text = "";
  let at = start + 1;
  while (at < source.length && source[at] !== quote) {
    if (quote === "`" && source.startsWith("${", at)) {
      at = collect(source, at + 2, found);
      text += "{}";
    } else if (source[at] === "\\") {
      text += source[at + 1];
      at += 2;
    } else text += source[at++];
  }
  const error = /new (\w*Error)\(\s*$/.exec(source.slice(Math.max(0, start - 80), start))?.[1] ?? "";
  found.push({ line: source.slice(0, start).split("\n").length, text, error });
  return at + 1;
}

/** The strings that are messages: first arguments of errors, and those that name a value found. */
function messagesIn(source: string): Message[] {
  const found: Message[] = [];
  collect(source, 0, found);
  return found.filter(({ text, error }) => error !== "" || /[,;] (found|got) /.test(text));
}

/** What is wrong with a message; empty if nothing is. */
function faultsOf({ text, error }: Message): string[] {
  // The command line's parser puts "error: option '--steps <n>' argument '0' is invalid." before these.
  if (error === "InvalidArgumentError") return [];
  const rules: readonly [holds: boolean, fault: string][] = [
    [!/\b(got|received|expected)\b/i.test(text), 'the value found follows ", found "'],
    [!/[;:] found /.test(text), 'the value found follows ", found "'],
    [!/, found /.test(text) || /\bmust\b.*, found /.test(text), 'the rule says "must" before ", found "'],
    [!/ must /.test(text) || /\bfound /.test(text) || error === "", 'a rule is followed by ", found " and the value'],
    [!/\b(is|are) needed\b/.test(text), '"must be" or "must have" in place of "is needed"'],
    [!/\bwhole numbers?\b|\bpositive integers?\b/.test(text), '"integer >= 1" in place of other words for it'],
    [!/\.$|\. [A-Z]/.test(text), "no sentences that end with a period"],
    [!/\w(n't|'re|'ll|'ve)\b/.test(text), "no contractions"],
    [error === "" || error === "Error" || /^[^:]+: |^\{\}/.test(text), "the subject comes first, before a colon"],
  ];
  return rules.filter(([holds]) => !holds).map(([, fault]) => fault);
}

const files = ["src", "bindings"].flatMap((folder) =>
  readdirSync(root + folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => `${folder}/${file.replaceAll("\\", "/")}`),
);

const faultsIn = (source: string) =>
  messagesIn(source).flatMap((message) =>
    faultsOf(message).map((fault) => `${message.line}: ${message.text}: ${fault}`),
  );

test.each(files)("%s", (file) => {
  expect(faultsIn(readFileSync(root + file, "utf8"))).toEqual([]);
});

test("the search finds the messages", () => {
  const all = files.flatMap((file) => messagesIn(readFileSync(root + file, "utf8")));
  expect(all.filter(({ error }) => error !== "").length).toBeGreaterThan(350);
  expect(all.filter(({ text }) => / must .*, found /.test(text)).length).toBeGreaterThan(200);
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a source with templates
  const source = 'throw new RangeError(\n  `a ${x("}", `${y}`)}: n must be > 0, found ${n}`,\n);';
  expect(messagesIn(source)).toEqual([{ line: 2, text: "a {}: n must be > 0, found {}", error: "RangeError" }]);
});

test.each([
  ["dense: units is an integer >= 1, found 0", 'the rule says "must" before ", found "'],
  ["dense: units must be an integer >= 1, got 0", 'the value found follows ", found "'],
  ["dense: units must be an integer >= 1; found 0", 'the value found follows ", found "'],
  ["Expected units to be an integer but found 0", 'the value found follows ", found "'],
  ["dense: units must be an integer >= 1", 'a rule is followed by ", found " and the value'],
  ["constant: one number is needed, found a Map", '"must be" or "must have" in place of "is needed"'],
  ["dense: units must be a whole number, found 0.5", '"integer >= 1" in place of other words for it'],
  ["dense: units must be an integer, found 0.5.", "no sentences that end with a period"],
  ["dense: units cannot be 0. Give 1 or more", "no sentences that end with a period"],
  ["dense: units can't be 0", "no contractions"],
  ["units must be an integer, found 0.5", "the subject comes first, before a colon"],
])("%s", (text, fault) => {
  expect(faultsOf({ line: 1, text, error: "RangeError" })).toContain(fault);
});
