/**
 * Walks the commands of a program. Every lane walks the same list and computes its slice of each command.
 *
 * Lane 0 is the caller of `run`; the other lanes are inside `serve`. A program ends early only between two steps, where
 * all lanes agree on it at a barrier. If lane 0 waits long, `run` returns `Status.Waiting` so that the host can check
 * the other lanes; `resume` continues. `run` also returns `Status.Paused` at the first barrier after `Control.Budget`
 * units of work, so that the host's event loop is not blocked, and `Status.Exchange` where the host has to sum values over
 * the ranks of a group; the other lanes then wait at the next barrier. After
 * `Status.LaneLost` the lanes are no longer in step: every later `run` on this memory returns `LaneLost` again, and the
 * host must start over with new memory and new lanes.
 */
import { awaitJob, barrier, beat, closeJob, control, openJob, Passage, stands, waitOn } from "./barrier";
import { enter, lane, lanes } from "./lane";
import { afterIteration, countIteration, enterLoop, leaveLoops, moveWords } from "./loop";
import { Control, Flag, Header, NextWord, Opcode, Status } from "./opcode";
import { map } from "./kernels/map";
import { reduce } from "./kernels/reduce";
import { matmul } from "./kernels/matmul";
import { cast, copy, fill } from "./kernels/move";
import { argMax, gather, scatterAdd } from "./kernels/gather";
import { random, tick } from "./kernels/random";
import { checkFinite } from "./kernels/check";
import { roof } from "./kernels/roof";
import { convolve } from "./kernels/convolution";
import { convolveWeights } from "./kernels/convolution/weights";
import { winograd } from "./kernels/winograd";
import { winogradGradient } from "./kernels/winograd/gradient";
import { winogradWeights } from "./kernels/winograd/weights";
import { windowPick, windowPut } from "./kernels/pool";

function execute(opcode: i32, c: usize): void {
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
    case Opcode.Convolve: convolve(c); break;
    case Opcode.ConvolveWeights: convolveWeights(c); break;
    case Opcode.Winograd: winograd(c); break;
    case Opcode.WinogradWeights: winogradWeights(c); break;
    case Opcode.WinogradGradient: winogradGradient(c); break;
    case Opcode.WindowPick: windowPick(c); break;
    case Opcode.WindowPut: windowPut(c); break;
  }
}

/** The current job, and this lane's step within it. */
let program: usize = 0;
let times: i32 = 0;
let step: i32 = 0;
/** The `Barrier`, `Next`, `End` or `Exchange` command at which this lane waits or has paused. */
let place: usize = 0;
/** True if lane 0 has already passed the barrier, or the exchange, at `place`. */
let paused: bool = false;
/** Work until the next pause. */
let budget: i64 = 0;

/** What lane 0 does with `passage` after a barrier: pause if the budget is spent. */
// @ts-ignore: decorator
@inline
function spent(passage: Passage): Passage {
  return passage == Passage.Open && budget < 0 ? Passage.Paused : passage;
}

/** Sets the budget at the start of `run` or `resume`. */
function refill(): void {
  const work = load<u32>(control(Control.Budget));
  budget = work ? <i64>work : i64.MAX_VALUE;
  paused = false;
}

// @ts-ignore: decorator
@inline
function next(c: usize): usize {
  return c + (<usize>load<i32>(c, Header.Words << 2) << 2);
}

/** Address of the command that follows a passed `Barrier`, `Next` or `Exchange`. */
// @ts-ignore: decorator
@inline
function behind(c: usize, opcode: i32): usize {
  return opcode == Opcode.Next ? afterIteration(c) : next(c);
}

/** Ends an iteration of a loop, at its `Next`. */
function endIteration(c: usize): Passage {
  countIteration(c);
  if (load<i32>(c, NextWord.Shared << 2)) return spent(barrier(false, c));
  if (lane == 0) moveWords(c);
  return spent(Passage.Open);
}

/** Runs the commands of one step from `c` on, including the barrier at its end. */
function walk(c: usize): Passage {
  const count = lanes;
  for (let opcode = load<i32>(c); opcode != Opcode.End; opcode = load<i32>(c)) {
    if (opcode == Opcode.Loop) {
      c = enterLoop(c);
      continue;
    }
    if (opcode == Opcode.Barrier || opcode == Opcode.Next) {
      const passage = opcode == Opcode.Next ? endIteration(c) : spent(barrier(false, 0));
      if (passage != Passage.Open) {
        place = c;
        return passage;
      }
      beat();
      c = behind(c, opcode);
      continue;
    }
    if (opcode == Opcode.Exchange) {
      if (lane == 0) {
        place = c;
        return Passage.Exchange;
      }
      c = next(c);
      continue;
    }
    if (!(load<i32>(c, Header.Flags << 2) & Flag.Single)) {
      execute(opcode, c);
    } else if (lane == 0) {
      enter(0, 1); // alone: the command must cover all elements, not just lane 0's slice
      execute(opcode, c);
      enter(0, count);
    }
    beat();
    budget -= <i64>load<u32>(c, Header.Work << 2);
    c = next(c);
  }
  place = c;
  return spent(barrier(true, 0));
}

/** Runs the job from command `c` on, until it has run `times` times or a status stops it. */
function iterate(c: usize): Passage {
  for (; step < times; step++, c = program) {
    const passage = walk(c);
    if (passage != Passage.Open) return passage;
  }
  return Passage.Open;
}

/** The status that lane 0 returns for `passage`. The job is closed unless it will be resumed. */
function result(passage: Passage): i32 {
  if (passage == Passage.Waiting) return Status.Waiting;
  if (passage == Passage.Paused) {
    paused = true;
    return Status.Paused;
  }
  if (passage == Passage.Exchange) {
    paused = true;
    store<i32>(control(Control.Exchange), <i32>place);
    store<i32>(control(Control.FailedStep), step);
    return Status.Exchange;
  }
  if (passage != Passage.Open) store<i32>(control(Control.FailedStep), step);
  if (ASC_FEATURE_THREADS && lanes > 1) closeJob();
  if (passage == Passage.Open) return Status.Done;
  return passage == Passage.Lost ? Status.LaneLost : load<i32>(control(Control.Status));
}

/** Runs the program at `address` `count` times, on lane 0 and all serving lanes; returns a `Status`. */
export function run(address: usize, count: i32): i32 {
  const all = ASC_FEATURE_THREADS ? max(1, load<i32>(control(Control.Lanes))) : 1;
  const shared = ASC_FEATURE_THREADS && all > 1;
  if (shared && load<i32>(control(Control.Lost))) return Status.LaneLost;
  program = address;
  times = count;
  step = 0;
  store<i32>(control(Control.Program), <i32>program);
  store<i32>(control(Control.Times), times);
  store<i32>(control(Control.Status), Status.Done);
  store<i32>(control(Control.FailedStep), -1);
  store<i32>(control(Control.FailedId), -1);
  enter(0, all);
  leaveLoops();
  refill();
  if (shared) openJob();
  return result(iterate(program));
}

/** Resumes a job that returned `Status.Waiting`, `Status.Paused` or `Status.Exchange`; returns a `Status`, like `run`. */
export function resume(): i32 {
  let passage = paused ? Passage.Open : waitOn();
  refill();
  if (passage == Passage.Open) {
    const opcode = load<i32>(place);
    const ended = opcode == Opcode.End;
    if (ended) step++;
    passage = iterate(ended ? program : behind(place, opcode));
  }
  return result(passage);
}

/**
 * Serves as lane `index` until told to quit. Its first heartbeat reports that it is ready: the host uses it from then
 * on.
 */
export function serve(index: i32): void {
  enter(index, index + 1);
  beat();
  let job = 0;
  for (;;) {
    job = awaitJob(job);
    if (job == 0) return;
    const count = load<i32>(control(Control.Lanes));
    program = load<usize>(control(Control.Program));
    times = load<i32>(control(Control.Times));
    // An idle lane may read these words while the next job is written, so check that the job is still the same.
    if (index >= count || !stands(job)) continue;
    enter(index, count);
    leaveLoops();
    budget = i64.MAX_VALUE;
    step = 0;
    iterate(program);
  }
}
