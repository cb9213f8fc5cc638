/** The functions of the generator's module that some commands reach. */
import {
  ConvolveWord,
  Header,
  MapCommand,
  MapWord,
  MatmulWord,
  MicroWord,
  Opcode,
  ReduceWord,
  SlotWord,
} from "../../assembly/opcode.js";

/** Indices of functions: see scripts/build-generator.js. */
type Reach = typeof import("../../kernels/generator.js").reach;

/** Commands with the words of `ConvolveWord`. */
const slides: ReadonlySet<Opcode> = new Set([
  Opcode.Convolve,
  Opcode.ConvolveWeights,
  Opcode.Winograd,
  Opcode.WinogradGradient,
]);

/** Offset in words of a command's map descriptor; 0 if it has none. */
function descriptorOf(words: Int32Array, at: number): number {
  const opcode = words[at] as Opcode;
  if (opcode === Opcode.Map) return MapCommand.Descriptor;
  if (opcode === Opcode.Reduce) return words[at + ReduceWord.Descriptor];
  if (opcode === Opcode.Matmul) return words[at + MatmulWord.Epilogue];
  return slides.has(opcode) ? words[at + ConvolveWord.Epilogue] : 0;
}

/** The functions that the exports and the commands of some programs reach. */
export function reachedBy(
  programs: readonly Int32Array[],
  exports: Iterable<string>,
  reach: Reach,
): ReadonlySet<number> {
  const found = new Set(reach.always);
  const add = (list: readonly number[] | undefined) => {
    for (const one of list ?? []) found.add(one);
  };
  for (const name of exports) {
    add(reach.exports[name]);
    if (name === "labels") add(reach.classes);
  }
  for (const words of programs) {
    for (let at = 0; words[at] !== Opcode.End; at += words[at + Header.Words]) {
      add(reach.opcodes[words[at]]);
      if (words[at] === Opcode.Loop) add(reach.loops);
      if (words[at] === Opcode.Matmul && words[at + MatmulWord.RowsTogether]) add(reach.tables);
      const offset = descriptorOf(words, at);
      if (offset === 0) continue;
      const descriptor = at + offset;
      const first = descriptor + MapWord.Size + words[descriptor + MapWord.Slots] * SlotWord.Size;
      const last = first + words[descriptor + MapWord.Micros] * MicroWord.Size;
      for (let micro = first; micro < last; micro += MicroWord.Size) add(reach.micros[words[micro]]);
    }
  }
  return found;
}
