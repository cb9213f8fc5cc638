/** Options in the file of a sweep, checked by the parser of the command that will get them. */
import { Command, InvalidArgumentError, type Option } from "commander";
import { meant, textOf } from "../options.js";
import { type Options, type OptionValue, isOptionValue } from "../sweep/sweep-file.js";
import type { Setup } from "./context.js";
import { evaluateCommand } from "./evaluate.js";
import { trainCommand } from "./train.js";

/** Options that a sweep gives itself, and why. */
const own: Readonly<Record<string, string>> = {
  out: "every trial has a folder of its own",
  resume: "a sweep resumes its trials by itself",
  "stop-at": "a sweep ends its trials by itself",
  ...Object.fromEntries(["json", "jsonl", "quiet", "debug"].map((name) => [name, "it is an option of the sweep"])),
};

/** A command with its options, which is not run. */
function parserOf(setup: Setup): Command {
  const command = new Command();
  setup(command, { terminal: undefined as never, action: () => undefined });
  return command;
}

const parsers = { train: parserOf(trainCommand), evaluate: parserOf(evaluateCommand) };
export type Target = keyof typeof parsers;

const nameOf = (option: Option) => option.long?.slice(2) ?? option.name();

const optionsOf = (target: Target) => new Map(parsers[target].options.map((option) => [nameOf(option), option]));

export interface OptionPlace {
  /** The file. */
  readonly what: string;
  /** The field that holds the options: `options`, `vary`, `evaluate`. */
  readonly field: string;
}

/** The option of a command by its name. Throws TypeError, with the nearest name, if there is none, or the sweep gives it. */
function optionNamed(target: Target, name: string, { what, field }: OptionPlace): Option {
  if (Object.hasOwn(own, name))
    throw new TypeError(`${what}: ${field}.${name} must be left out: ${own[name]}, found one`);
  const known = optionsOf(target);
  const found = known.get(name);
  if (found) return found;
  const names = [...known.keys()].filter((one) => !Object.hasOwn(own, one));
  const list = target === "train" ? "see genloom train --help" : `known options: ${names.join(", ")}`;
  throw new TypeError(
    `${what}: ${field} has an unknown option "${name}" of genloom ${target}; ${meant(name, names)}${list}`,
  );
}

const textOfValue = (value: OptionValue) => (Array.isArray(value) ? value.join(",") : String(value));

/** Throws TypeError unless the command takes the value. */
function checkValue(option: Option, name: string, value: unknown, { what, field }: OptionPlace): void {
  const wrong = (rule: string) => new TypeError(`${what}: ${field}.${name} must be ${rule}, found ${textOf(value)}`);
  if (!option.required && !option.optional) {
    if (typeof value !== "boolean") throw wrong("true or false");
    return;
  }
  if (!isOptionValue(value) || typeof value === "boolean") throw wrong("a string or a number");
  if (option.argChoices && !option.argChoices.includes(textOfValue(value)))
    throw wrong(`one of ${option.argChoices.join(", ")}`);
  try {
    option.parseArg?.(textOfValue(value), undefined as never);
  } catch (error) {
    if (!(error instanceof InvalidArgumentError)) throw error;
    throw wrong(error.message.replace(/^It must be (.*?)\.?$/, "$1"));
  }
}

/** Checks options by name. Throws TypeError that names the first wrong one. */
export function checkNamed(target: Target, options: Readonly<Record<string, unknown>>, place: OptionPlace): void {
  for (const [name, value] of Object.entries(options)) checkValue(optionNamed(target, name, place), name, value, place);
}

/** The arguments of the command line: `--eval-every 100`. */
export function argsOf(options: Options): string[] {
  return Object.entries(options).flatMap(([name, value]) => {
    if (typeof value === "boolean") return value ? [`--${name}`] : [];
    return [`--${name}`, textOfValue(value)];
  });
}

/** Options as a command's function gets them, parsed. */
export function parsedOptions<T>(target: Target, options: Options): T {
  const parser = parserOf(target === "train" ? trainCommand : evaluateCommand);
  parser.exitOverride().parseOptions(argsOf(options) as string[]);
  return parser.opts() as T;
}

/** Whether a family is one of those that `genloom train` takes. */
export function checkFamily(train: string | undefined, what: string): void {
  const known = parsers.train.registeredArguments[0].argChoices ?? [];
  if (train === undefined || known.includes(train)) return;
  throw new TypeError(`${what}: train must be one of ${known.join(", ")}, found ${textOf(train)}`);
}
