/**
 * Walks a program's commands. Every lane walks the same list and takes its slice of each command.
 *
 * Lane 0 is the caller of `run`; the others sit in `serve`. A program ends early only between two iterations, where a
 * barrier lets all lanes agree on it. Where lane 0 waits long, `run` returns `Status.Waiting`, so that the host may look
 * after the lanes, and `resume` goes on from there. Likewise it returns `Status.Paused` at the first barrier after the work
 * of `Control.Budget`, so that a host's event loop is not held up; the other lanes wait at the next barrier meanwhile. After `Status.LaneLost` the lanes no longer stand together: every
 * further run on this memory says so again, and the host has to begin anew with a fresh memory and fresh lanes.
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

/** The present job, and the iteration of it in which this lane is. */
let program: usize = 0;
let times: i32 = 0;
let step: i32 = 0;
/** The `Barrier`, `Next` or `End` command at which it waits or pauses. */
let place: usize = 0;
/** Lane 0 has passed the barrier at `place` already. */
let paused: bool = false;
/** Work until the next pause. */
let budget: i64 = 0;

/** What remains of `passage` for lane 0 behind a barrier: a pause, if the budget is spent. */
// @ts-ignore: decorator
@inline
function spent(passage: Passage): Passage {
  return passage == Passage.Open && budget < 0 ? Passage.Paused : passage;
}

/** The budget of a call of `run` or `resume`. */
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

/** Where a lane goes on once it has passed a `Barrier` or a `Next`. */
// @ts-ignore: decorator
@inline
function behind(c: usize, opcode: i32): usize {
  return opcode == Opcode.Next ? afterIteration(c) : next(c);
}

/** The end of an iteration of a loop, at its `Next`. */
function endIteration(c: usize): Passage {
  countIteration(c);
  if (load<i32>(c, NextWord.Shared << 2)) return spent(barrier(false, c));
  if (lane == 0) moveWords(c);
  return spent(Passage.Open);
}

/** Commands of one iteration from `c` on, up to and including the barrier at its end. */
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
    if (!(load<i32>(c, Header.Flags << 2) & Flag.Single)) {
      execute(opcode, c);
    } else if (lane == 0) {
      enter(0, 1); // alone: the command must not take lane 0's slice only
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

/** The job from command `c` on, until it has run `times` times or a status stops it. */
function iterate(c: usize): Passage {
  for (; step < times; step++, c = program) {
    const passage = walk(c);
    if (passage != Passage.Open) return passage;
  }
  return Passage.Open;
}

/** What lane 0 returns where its walk came to `passage`. The job is closed unless it is to be resumed. */
function result(passage: Passage): i32 {
  if (passage == Passage.Waiting) return Status.Waiting;
  if (passage == Passage.Paused) {
    paused = true;
    return Status.Paused;
  }
  if (passage != Passage.Open) store<i32>(control(Control.FailedStep), step);
  if (ASC_FEATURE_THREADS && lanes > 1) closeJob();
  if (passage == Passage.Open) return Status.Done;
  return passage == Passage.Lost ? Status.LaneLost : load<i32>(control(Control.Status));
}

/** Runs the program at an address `count` times on lane 0 and whoever serves beside it; returns a `Status`. */
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

/** Goes on with the run that returned `Status.Waiting` or `Status.Paused`; returns a `Status` as that one. */
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

/** Serves as lane `index` until told to quit. Its first beat says that it has come: the host counts it in from then on. */
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
    // A lane that takes no part may read these words while the next job is written: see that it is still the same one.
    if (index >= count || !stands(job)) continue;
    enter(index, count);
    leaveLoops();
    budget = i64.MAX_VALUE;
    step = 0;
    iterate(program);
  }
}
