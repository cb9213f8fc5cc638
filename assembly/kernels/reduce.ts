/** Reductions. */
import { firstBlock, lastBlock, scratch } from "../lane";
import { Layout, MapWord, Reduction, ReduceWord } from "../opcode";
import { mapOpen, mapTile } from "./map";
import { operand } from "./map/operands";

export function reduce(c: usize): void {
  const outer = load<i32>(c, ReduceWord.Outer << 2);
  const length = load<i32>(c, ReduceWord.Length << 2);
  const inner = load<i32>(c, ReduceWord.Inner << 2);
  const block = load<i32>(c, ReduceWord.Block << 2);
  const isMax = load<i32>(c, ReduceWord.Reduction << 2) == Reduction.Max;
  const scale = load<f32>(c, ReduceWord.Scale << 2);
  const out = load<usize>(c, ReduceWord.Out << 2);
  const slot = load<i32>(c, ReduceWord.Result << 2);
  const record = c + (<usize>load<i32>(c, ReduceWord.Record << 2) << 2);
  const tile = load<i32>(record, MapWord.Tile << 2);
  const blocks = (length + block - 1) / block;
  const cells = outer * blocks * inner;
  mapOpen(record);
  for (let i = firstBlock(cells); i < lastBlock(cells); i++) {
    const column = i % inner;
    const b = (i / inner) % blocks;
    const o = i / inner / blocks;
    let acc: f32 = isMax ? -Infinity : 0;
    for (let k = b * block; k < min((b + 1) * block, length); k++) {
      mapTile(record, (o * length + k) * inner + column, 1);
      const x = load<f32>(operand(slot));
      acc = isMax ? max(acc, x) : acc + x;
    }
    store<f32>(out + (<usize>i << 2), acc * scale);
  }
}
