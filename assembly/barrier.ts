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
 *
 * Whether a lane that does not come is slow or gone is the host's to judge, for it alone can hear of a thread's end. It
 * cannot hear while lane 0 stands in the kernels; so lane 0 leaves a long wait and comes back to it.
 */
import { lane, lanes } from "./lane";
import { moveWords } from "./loop";
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

/** Milliseconds after which a sleeping lane sees that another is lost. */
const SLEEP: i32 = 250;

/** The phase whose end this lane waits for. */
let awaited: i32 = 0;

/** What a wait came to. */
export enum Passage {
  /** Go on. */
  Open,
  /** Every lane agrees that the program ends here. */
  Stop,
  /** A lane is lost: nobody passes. */
  Lost,
  /** Lane 0 has arrived, and is to come back with `waitOn`. */
  Waiting,
  /** Lane 0 has passed, and is to come back: its budget of work is spent. */
  Paused,
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

function wake(word: usize): void {
  if (atomic.load<i32>(control(Control.Sleepers)) > 0) atomic.notify(word, -1);
}

/**
 * Waits until every lane has come here. `deciding`: this is the end of an iteration, look at the status. `moving`: a
 * loop's `Next`, whose words are moved while nobody reads them; 0 = none.
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

/** Waits on at the barrier where this lane has arrived. */
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
