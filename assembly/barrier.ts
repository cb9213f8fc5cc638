/**
 * How lanes meet: a barrier built from an arrival counter and a phase word, and the wait for a job.
 *
 * The last lane to arrive resets the counter and moves the phase on; the others watch the phase. Nobody can arrive at
 * the next barrier before every lane has left this one's counter behind, so one counter is enough. What has to be
 * agreed on (stop after this iteration?) travels in bit 0 of the phase, decided by the last lane alone: the phase
 * cannot change again before each lane has read it, whereas the status word could.
 *
 * Waiting spins first (a turn is one atomic load, about a nanosecond) and then sleeps in `memory.atomic.wait32`.
 * `Sleepers` is raised before a sleeper looks at the phase for the last time, and read after the phase has moved,
 * so a wake-up is neither lost nor called for in vain. Builds without threads contain none of this.
 */
import { lane, lanes } from "./lane";
import { Control, Layout, Status } from "./opcode";

/** Turns of looking before a lane sleeps: half a microsecond, and some 20. */
const SHORT: i32 = 500;
const LONG: i32 = 20000;
/**
 * Long looks in vain, one after the other. Where lanes share a core, the one that is awaited cannot come while another
 * looks for it, so after `TRIES` of them looks are short; but every `TRIES`-th is long, for a core may become free, and
 * waits of a few microseconds, the usual ones, are much shorter than a sleep.
 */
let vain: i32 = 0;
const TRIES: i32 = 16;

/** Parts of the patience; in each of them lane 0 looks whether others still move. */
const LOOKS: i32 = 5;

/** What a wait came to. */
export enum Passage {
  /** Go on. */
  Open,
  /** Every lane agrees that the program ends here. */
  Stop,
  /** A lane did not come in time; `Status.LaneLost` is set. */
  Lost,
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

/** Says that this lane moves. Called per command, and within commands that may take seconds. */
// @ts-ignore: decorator
@inline
export function beat(): void {
  if (ASC_FEATURE_THREADS) store<i32>(beatOf(lane), load<i32>(beatOf(lane)) + 1);
}

/** Changes whenever one of the other lanes moves. */
function otherBeats(): i32 {
  let sum = 0;
  for (let index = 1; index < lanes; index++) sum += atomic.load<i32>(beatOf(index));
  return sum;
}

/** Looks at `word` for a while; whether it is no longer `seen`. */
function spin(word: usize, seen: i32): bool {
  const long = vain < TRIES || vain % TRIES == 0;
  for (let turn = long ? LONG : SHORT; turn > 0; turn--) {
    if (atomic.load<i32>(word) == seen) continue;
    if (long) vain = 0;
    return true;
  }
  vain = vain < 2 * TRIES ? vain + 1 : TRIES + 1;
  return false;
}

/** Sleeps until woken or `milliseconds` have passed; whether `word` is no longer `seen`. */
function sleep(word: usize, seen: i32, milliseconds: i32): bool {
  atomic.add<i32>(control(Control.Sleepers), 1);
  atomic.wait<i32>(word, seen, <i64>milliseconds * 1000000);
  atomic.sub<i32>(control(Control.Sleepers), 1);
  return atomic.load<i32>(word) != seen;
}

/**
 * Waits until the phase is no longer `seen`; false when a lane is lost. Lane 0 alone judges that, for it cannot be lost
 * itself without its host, by beats and not by the clock alone: a slow lane still beats, and after the whole process
 * was asleep several looks are due before the verdict.
 */
function passes(seen: i32): bool {
  const phase = control(Control.Phase);
  if (spin(phase, seen)) return true;
  const patience = lane == 0 ? atomic.load<i32>(control(Control.Patience)) : 0;
  const slice = patience > 0 ? max(1, patience / LOOKS) : 250;
  let beats = otherBeats();
  for (let still = 0; still < LOOKS; ) {
    if (sleep(phase, seen, slice)) return true;
    if (atomic.load<i32>(control(Control.Status)) == Status.LaneLost) return false;
    const now = otherBeats();
    still = patience > 0 && now == beats ? still + 1 : 0;
    beats = now;
  }
  return false;
}

function wake(word: usize): void {
  if (atomic.load<i32>(control(Control.Sleepers)) > 0) atomic.notify(word, -1);
}

/** Waits until every lane has come here. `deciding`: this is the end of an iteration, look at the status. */
export function barrier(deciding: bool): Passage {
  if (!ASC_FEATURE_THREADS || lanes == 1) {
    return deciding && load<i32>(control(Control.Status)) != Status.Done ? Passage.Stop : Passage.Open;
  }
  if (ASC_FEATURE_THREADS) {
    const phase = atomic.load<i32>(control(Control.Phase));
    if (atomic.load<i32>(control(Control.Status)) == Status.LaneLost) return Passage.Lost;
    if (atomic.add<i32>(control(Control.Arrived), 1) == lanes - 1) {
      const stop = deciding && atomic.load<i32>(control(Control.Status)) != Status.Done;
      atomic.store<i32>(control(Control.Arrived), 0);
      atomic.store<i32>(control(Control.Phase), ((phase & ~1) + 2) | i32(stop));
      wake(control(Control.Phase));
      return stop ? Passage.Stop : Passage.Open;
    }
    if (!passes(phase)) {
      atomic.store<i32>(control(Control.Status), Status.LaneLost);
      return Passage.Lost;
    }
    return atomic.load<i32>(control(Control.Phase)) & 1 ? Passage.Stop : Passage.Open;
  }
  return Passage.Open;
}

/** Opens a job: `Program`, `Times` and `Lanes` are written, the other lanes may take it. Lane 0 only. */
export function openJob(): void {
  if (ASC_FEATURE_THREADS) {
    atomic.store<i32>(control(Control.Arrived), 0);
    atomic.add<i32>(control(Control.Job), 1);
    wake(control(Control.Job));
  }
}

/** Closes it: lanes that come too late (or were started meanwhile) must not take it any more. */
export function closeJob(): void {
  if (ASC_FEATURE_THREADS) atomic.add<i32>(control(Control.Job), 1);
}

/** Waits for a job other than number `done`; 0 when asked to quit. */
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
