/**
 * Synchronisation of lanes: a barrier made of an arrival counter and a phase word, and the wait for a job.
 *
 * The last lane to arrive resets the counter and advances the phase; the other lanes watch the phase. No lane can
 * arrive at the next barrier before the counter is reset, so one counter is enough. The decision to stop after this
 * step travels in bit 0 of the phase and is made by the last lane alone: the phase cannot change again before each lane
 * has read it, but the status word could.
 *
 * A waiting lane first spins (one atomic load per spin, about a nanosecond) and then sleeps in `memory.atomic.wait32`.
 * `Sleepers` is incremented before a lane checks the phase for the last time, and read after the phase has advanced, so
 * no wake-up is lost and none is sent without need. Builds without threads contain none of this.
 *
 * Only the host can tell a slow lane from a dead one, because only the host learns that a thread has ended. It cannot
 * learn this while lane 0 is inside the kernels, so lane 0 returns from a long wait and is called again.
 */
import { lane, lanes } from "./lane";
import { moveWords } from "./loop";
import { Control, Layout, Status } from "./opcode";

/** Spins before a lane sleeps: half a microsecond, and about 20 microseconds. */
const SHORT: i32 = 500;
const LONG: i32 = 20000;
/**
 * Consecutive spins that timed out. If two lanes share a core, the awaited lane cannot run while the other one spins,
 * so after `TRIES` timeouts spins are short. Every `TRIES`-th is still long, because a core may become free, and the
 * usual wait of a few microseconds is much shorter than a sleep.
 */
let timeouts: i32 = 0;
const TRIES: i32 = 16;

/** Milliseconds after which a sleeping lane checks whether another lane is lost. */
const SLEEP: i32 = 250;

/** The phase that was current when this lane arrived; the wait is over when it changes. */
let awaited: i32 = 0;

/** Outcome of a wait. */
export enum Passage {
  /** All lanes have arrived: continue. */
  Open,
  /** All lanes agree that the program ends here. */
  Stop,
  /** A lane is lost: no lane passes the barrier. */
  Lost,
  /** Lane 0 has arrived and must call `waitOn` later. */
  Waiting,
  /** Lane 0 has passed the barrier and must continue later: its work budget is spent. */
  Paused,
  /** Lane 0 must continue later, when the host has summed values over the ranks of a group. */
  Exchange,
}

// @ts-ignore: decorator
@inline
export function control(word: i32): usize {
  return <usize>Layout.Control + (<usize>word << 2);
}

// @ts-ignore: decorator
@inline
function beatOf(index: i32): usize {
  return <usize>Layout.Beats + <usize>index * <usize>Layout.BeatBytes;
}

/** Increments this lane's heartbeat. Called after each command, and within commands that may take seconds. */
// @ts-ignore: decorator
@inline
export function beat(): void {
  if (ASC_FEATURE_THREADS) store<i32>(beatOf(lane), load<i32>(beatOf(lane)) + 1);
}

/** Spins on `word` for a while; true if it is no longer `seen`. */
function spin(word: usize, seen: i32): bool {
  const long = timeouts < TRIES || timeouts % TRIES == 0;
  for (let spins = long ? LONG : SHORT; spins > 0; spins--) {
    if (atomic.load<i32>(word) == seen) continue;
    if (long) timeouts = 0;
    return true;
  }
  timeouts = timeouts < 2 * TRIES ? timeouts + 1 : TRIES + 1;
  return false;
}

/** Sleeps until woken or until `milliseconds` have passed; true if `word` is no longer `seen`. */
function sleep(word: usize, seen: i32, milliseconds: i32): bool {
  atomic.add<i32>(control(Control.Sleepers), 1);
  atomic.wait<i32>(word, seen, <i64>milliseconds * 1000000);
  atomic.sub<i32>(control(Control.Sleepers), 1);
  return atomic.load<i32>(word) != seen;
}

function wake(word: usize): void {
  if (atomic.load<i32>(control(Control.Sleepers)) > 0) atomic.notify(word, -1);
}

/**
 * Waits until every lane has arrived. `deciding`: a step ends here, so check the status. `moving`: address of a loop's
 * `Next`, whose words are updated while no lane reads them; 0 = none.
 */
export function barrier(deciding: bool, moving: usize): Passage {
  if (!ASC_FEATURE_THREADS || lanes == 1) {
    if (moving) moveWords(moving);
    return deciding && load<i32>(control(Control.Status)) != Status.Done ? Passage.Stop : Passage.Open;
  }
  if (ASC_FEATURE_THREADS) {
    const phase = atomic.load<i32>(control(Control.Phase));
    if (atomic.load<i32>(control(Control.Lost))) return Passage.Lost;
    if (atomic.add<i32>(control(Control.Arrived), 1) == lanes - 1) {
      const stop = deciding && atomic.load<i32>(control(Control.Status)) != Status.Done;
      if (moving) moveWords(moving);
      atomic.store<i32>(control(Control.Arrived), 0);
      atomic.store<i32>(control(Control.Phase), ((phase & ~1) + 2) | i32(stop));
      wake(control(Control.Phase));
      return stop ? Passage.Stop : Passage.Open;
    }
    awaited = phase;
    return waitOn();
  }
  return Passage.Open;
}

/** Continues to wait at the barrier where this lane has arrived. */
export function waitOn(): Passage {
  if (ASC_FEATURE_THREADS) {
    const phase = control(Control.Phase);
    if (!spin(phase, awaited)) {
      const look = lane == 0 ? load<i32>(control(Control.Look)) : 0;
      for (;;) {
        if (atomic.load<i32>(control(Control.Lost))) return Passage.Lost;
        if (sleep(phase, awaited, look > 0 ? look : SLEEP)) break;
        if (look > 0) return Passage.Waiting;
      }
    }
    return atomic.load<i32>(phase) & 1 ? Passage.Stop : Passage.Open;
  }
  return Passage.Open;
}

/** Opens a job for the other lanes, after `Program`, `Times` and `Lanes` are written. Lane 0 only. */
export function openJob(): void {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(control(Control.Arrived), 0);
    atomic.add<i32>(control(Control.Job), 1);
    wake(control(Control.Job));
  }
}

/** Closes the job: lanes that arrive later (or were started meanwhile) must not take it. */
export function closeJob(): void {
  if (ASC_FEATURE_THREADS) atomic.add<i32>(control(Control.Job), 1);
}

/** Waits for a job other than number `done`; returns 0 if the lane is asked to quit. */
export function awaitJob(done: i32): i32 {
  if (ASC_FEATURE_THREADS) {
    for (;;) {
      const job = atomic.load<i32>(control(Control.Job));
      if (atomic.load<i32>(control(Control.Quit))) return 0;
      if (job & 1 && job != done) return job;
      if (!spin(control(Control.Job), job)) sleep(control(Control.Job), job, 1000);
    }
  }
  return 0;
}

/** Whether `job` is still the current one. */
export function stands(job: i32): bool {
  return ASC_FEATURE_THREADS ? atomic.load<i32>(control(Control.Job)) == job : false;
}
