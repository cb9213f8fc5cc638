/** Which lanes run a command, and where barriers stand. */
import { expect, test } from "vitest";
import { Flag, Header, Opcode } from "#assembly/opcode";
import { encode, singleWork } from "#src/compile/encode";
import type { Command } from "#src/graph/command";

/** A command that computes nothing; loops repeat the given waves. */
const command = (work: number, waves?: readonly (readonly Command[])[]): Command => ({
  opcode: waves ? Opcode.Loop : Opcode.Fill,
  label: "",
  reads: [],
  writes: [],
  after: [],
  work,
  flops: 0,
  shares: [],
  words(writer) {
    if (waves) writer.integers(0, 0, 0, 0);
  },
  ...(waves ? { body: { loop: { length: 2 }, waves } } : {}),
});

const [large, small, none] = [command(singleWork), command(singleWork - 1), command(0)];

/** One letter per command: a barrier, shared or alone, the end of a loop; "L" begins one. */
function lettersOf(waves: readonly (readonly Command[])[]): string {
  const { words } = encode(waves, () => 0);
  let letters = "";
  for (let at = 0; words[at] !== Opcode.End; at += words[at + Header.Words]) {
    const alone = words[at + Header.Flags] & Flag.Single ? "a" : "s";
    letters += { [Opcode.Barrier]: "|", [Opcode.Loop]: "L", [Opcode.Next]: "N" }[words[at]] ?? alone;
  }
  return letters;
}

test("a wave of small commands runs on lane 0 alone, without barriers among such waves", () => {
  expect(lettersOf([[small, none], [small], [small]])).toBe("aaaa");
});

test("beside a command that is not small, small ones still run on lane 0 alone, between barriers", () => {
  expect(lettersOf([[small], [small, large, none], [small], [none]])).toBe("a|asa|aa");
});

test("a loop is small if all commands of its body are, and its waves follow the same rule", () => {
  const loop = command(singleWork, [[small], [small]]);
  expect(lettersOf([[loop, small]])).toBe("LaaNa");
  expect(lettersOf([[loop, large], [small]])).toBe("LaaNs|a");
  expect(lettersOf([[command(singleWork, [[small, large], [small]]), small]])).toBe("Las|aNa");
});

test("the start of a later wave is its first command, behind the barrier", () => {
  const waves = [[large, small], [large], [small]];
  const starts = [0, 1, 2].map((from) => encode(waves, () => 0, from).start);
  expect(starts).toEqual([0, 3 * Header.Size, 5 * Header.Size]);
});
