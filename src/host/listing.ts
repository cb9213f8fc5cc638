/** Text listing of a program, for `program.print()`. */
import { Opcode } from "../../assembly/opcode.js";
import type { Compiled } from "../compile/compile.js";
import { isSingle } from "../compile/encode.js";
import { rootOf, type Storage } from "../graph/storage.js";
import { type Command, commandsOf } from "../graph/command.js";
import { shapeText } from "../graph/shape.js";

/** 1,536 -> `1.5 kB` */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

const storageText = (one: Storage) =>
  `${typeof rootOf(one).home === "string" ? "" : "*"}${one.label}${shapeText(one.shape)}${one.dtype === "f32" ? "" : ` ${one.dtype}`}`;

/** One line per command, wave by wave; the commands of a loop's body follow it, indented. */
function linesOf(waves: readonly (readonly Command[])[], lanes: number, indent: string, kept = 0): string[] {
  return waves.flatMap((wave, at) =>
    wave.flatMap((command) => {
      const on = isSingle(command) ? "lane 0" : `${lanes} lane${lanes === 1 ? "" : "s"}`;
      const flow = `${command.reads.map(storageText).join(", ")} -> ${command.writes.map(storageText).join(", ")}`;
      const text = `${command.label}${command.opcode === Opcode.Tick ? "" : `:  ${flow}`}`;
      const inner = command.body ? linesOf(command.body.waves, lanes, `${indent}    `) : [];
      const number = `${at < kept ? "=" : ""}${at}`;
      return [`${indent}${number.padStart(3)}  ${on.padEnd(8)} ${text}`, ...inner];
    }),
  );
}

/**
 * Lines of wave, lanes, command and `reads -> writes`; variables are marked by a star, and waves of commands whose results
 * are kept between runs by `=`.
 */
export function describeProgram(name: string, { waves, plan, variables, invariant }: Compiled, lanes: number): string {
  const persistent = variables.reduce((sum, variable) => sum + variable.size * 4, 0);
  return [
    `${name}: ${commandsOf(waves).length} commands in ${waves.length} waves, ${lanes} lane${lanes === 1 ? "" : "s"}`,
    ...linesOf(waves, lanes, "  ", invariant?.waves),
    `  scratch ${bytesText(plan.bytes)} (peak of live buffers ${bytesText(plan.peak)}), variables ${bytesText(persistent)}${invariant ? `, kept values ${bytesText(invariant.kept.bytes)}` : ""}`,
  ].join("\n");
}
