/** Walks a program's commands. Every lane walks the same list and takes its slice of each command. */
import { enter, lane } from "./lane";
import { Flag, Header, Opcode, Status } from "./opcode";
import { map } from "./kernels/map";
import { reduce } from "./kernels/reduce";
import { matmul } from "./kernels/matmul";
import { cast, copy, fill } from "./kernels/move";
import { argMax, gather, scatterAdd } from "./kernels/gather";
import { random, tick } from "./kernels/random";
import { checkFinite } from "./kernels/check";
import { roof } from "./kernels/roof";

function walk(program: usize): void {
  let c = program;
  for (;;) {
    const opcode = load<i32>(c);
    if (opcode == Opcode.End) return;
    if (!(load<i32>(c + (Header.Flags << 2)) & Flag.Single) || lane == 0) {
      switch (opcode) {
        case Opcode.Map: map(c); break;
        case Opcode.Reduce: reduce(c); break;
        case Opcode.Matmul: matmul(c); break;
        case Opcode.Copy: copy(c); break;
        case Opcode.Fill: fill(c); break;
        case Opcode.Gather: gather(c); break;
        case Opcode.ScatterAdd: scatterAdd(c); break;
        case Opcode.ArgMax: argMax(c); break;
        case Opcode.Cast: cast(c); break;
        case Opcode.Random: random(c); break;
        case Opcode.Tick: tick(c); break;
        case Opcode.CheckFinite: checkFinite(c); break;
        case Opcode.Roof: roof(c); break;
      }
    }
    c += <usize>load<i32>(c + (Header.Words << 2)) << 2;
  }
}

/** Runs `program` `times` times on lane 0 and whoever serves beside it; returns a `Status`. */
export function run(program: usize, times: i32): i32 {
  enter(0, 1);
  for (let t = 0; t < times; t++) walk(program);
  return Status.Done;
}

/** Serves as lane `index` until told to quit. */
export function serve(index: i32): void {}
