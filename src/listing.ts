/** Programs as text: what `program.print()` shows. */
import { Opcode } from "../assembly/opcode.js";
import type { Compiled } from "./compile/compile.js";
import { isSingle } from "./compile/encode.js";
import type { Storage } from "./graph/storage.js";
import { shapeText } from "./shape.js";

/** 1,536 -> `1.5 kB` */
export function bytesText(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB"];
  const power = Math.min(units.length, Math.floor(Math.log10(bytes) / 3));
  return `${(bytes / 1000 ** power).toFixed(1)} ${units[power - 1]}`;
}

const storageText = ({ label, shape, dtype, home }: Storage) =>
  `${typeof home === "string" ? "" : "*"}${label}${shapeText(shape)}${dtype === "f32" ? "" : ` ${dtype}`}`;

/** Wave, lanes, command, then `reads -> writes`; variables carry a star. */
export function describeProgram(name: string, { waves, plan, variables }: Compiled, lanes: number): string {
  const lines = [
    `${name}: ${waves.flat().length} commands in ${waves.length} waves, ${lanes} lane${lanes === 1 ? "" : "s"}`,
  ];
  waves.forEach((wave, at) => {
    for (const command of wave) {
      const on = isSingle(command) ? "lane 0" : `${lanes} lane${lanes === 1 ? "" : "s"}`;
      const flow = `${command.reads.map(storageText).join(", ")} -> ${command.writes.map(storageText).join(", ")}`;
      lines.push(
        `  ${String(at).padStart(3)}  ${on.padEnd(8)} ${command.label}${command.opcode === Opcode.Tick ? "" : `:  ${flow}`}`,
      );
    }
  });
  const kept = variables.reduce((sum, variable) => sum + variable.size * 4, 0);
  lines.push(
    `  scratch ${bytesText(plan.bytes)} (peak of live buffers ${bytesText(plan.peak)}), variables ${bytesText(kept)}`,
  );
  return lines.join("\n");
}
