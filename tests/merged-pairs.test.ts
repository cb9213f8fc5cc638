/** What `npm run merged` reads from V8's trace; the lines are those of V8 in Node 26.10. */
import { expect, test } from "vitest";
import { losses, rowsOf } from "../scripts/merged-pairs.js";

const seed = (a: number, b: number) => `{
#${a} Store *(#29 + #78) = #77 [raw, protected, Simd128, NoWriteBarrier]
#${b} Store *(#29 + 16 + #81) = #50 [raw, protected, Simd128, NoWriteBarrier, offset: 16]
}
`;

const failed = (reason: string) => `Revec: NewPackNode 386: PackNode Store(#622, #625)
Revec: BuildTreeRec 940: ${reason}
Revec: Run 1522: Building SLP tree failed!
`;

const revec = (name: string, body: string) =>
  `Begin revec function ${name}\nstore seeds:\n${body}Finished revec function ${name}\n`;

const decided = `Revec: DecideVectorize 1600: Save: 12, cost: 2
Revec: Print 1609: Decided to vectorize, 30 revectorizable nodes:
`;

test("pairs of stores, and what broke them", () => {
  const trace = [
    revec("assembly/kernels/matmul/tile/rows6", `${seed(1, 2)}${seed(3, 4)}reduce seeds:\n${decided}`),
    revec(
      "assembly/kernels/gather/gather",
      `${seed(1, 2)}${seed(3, 4)}reduce seeds:\n{\n}\n${failed("Can't pack nodes with side effects between them")}${decided}`,
    ),
    revec("assembly/philox/fill", `${seed(1, 2)}reduce seeds:\nRevec: DecideVectorize 1600: Save: 4, cost: 8\n`),
    revec("assembly/kernels/move/cast", "reduce seeds:\nRevec: Run 1489: Empty seed\n"),
  ].join("");
  expect(rowsOf(trace)).toEqual([
    { name: "gather/gather", pairs: 2, merged: 1, reasons: { "Can't pack nodes with side effects between them": 1 } },
    { name: "matmul/tile/rows6", pairs: 2, merged: 2, reasons: {} },
    { name: "philox/fill", pairs: 1, merged: 0, reasons: { "merging saves 4 operations and costs 8": 1 } },
  ]);
});

test("a function with fewer merged pairs than before, or none, is a loss", () => {
  const rows = [{ name: "rows6", pairs: 6, merged: 5, reasons: {} }];
  expect(losses(rows, { rows6: 5 })).toEqual([]);
  expect(losses(rows, { rows6: 6, columns6: 6 })).toEqual([
    "rows6: 5 pairs are merged, 6 were",
    "columns6: 0 pairs are merged, 6 were",
  ]);
});
