/**
 * An exported generator: the kernels, with the functions that a host calls. `src/export/` adds a trained model's programs
 * and weights, and leaves out functions that these programs do not reach.
 *
 * Every function that computes returns an address, or 0 after a failure; `error` then gives its text. A host's numbers
 * are checked here, because nothing else stands between a host and the memory.
 */
import { Failure, GeneratorProgram, GeneratorWord, ProgramWord, RowEntry } from "./generator/layout";
import { run } from "./interpreter";
import { Clock, Layout, Status } from "./opcode";

/** Address of the words of `GeneratorWord`: where the kernels' own memory of one lane ends. */
const header: usize = Layout.Lanes + Layout.LaneBytes;

/** Whether `Prepare` has run. */
let prepared: bool = false;

// @ts-ignore: decorator
@inline
function word(index: i32): i32 {
  return load<i32>(header + (<usize>index << 2));
}

function programWord(program: i32, index: i32): i32 {
  return word(GeneratorWord.Programs + program * ProgramWord.Size + index);
}

/** Copies the text of a failure and a number to the buffer for errors, and returns 0. */
function fail(failure: Failure, found: i32): i32 {
  let to = <usize>word(GeneratorWord.ErrorBuffer);
  for (let from = <usize>word(GeneratorWord.Texts + failure); load<u8>(from); from++, to++) store<u8>(to, load<u8>(from));
  if (found < 0) store<u8>(to++, 0x2d);
  let rest: u32 = found < 0 ? <u32>-found : <u32>found, place: u32 = 1;
  while (rest / place > 9) place *= 10;
  for (; place > 0; place /= 10) store<u8>(to++, <u8>(0x30 + (rest / place) % 10));
  store<u8>(to, 0);
  return 0;
}

/** Grows the memory so that it ends at `end` or later. */
function reserve(end: u64): bool {
  const pages = <i32>((end + 0xffff) >> 16), missing = pages - memory.size();
  if (missing <= 0 || memory.grow(missing) >= 0) return true;
  fail(Failure.Memory, pages);
  return false;
}

// @ts-ignore: decorator
@inline
function reserveResults(count: i32, values: i32): bool {
  return reserve(<u64>word(GeneratorWord.Results) + <u64>count * <u64>values * 4);
}

/** The text of the last failure, zero-terminated UTF-8. */
export function error(): i32 {
  return word(GeneratorWord.ErrorBuffer);
}

/** What this generator is: zero-terminated UTF-8, JSON. */
export function describe(): i32 {
  return word(GeneratorWord.Description);
}

/** Whether a count and a first index are within their limits. */
function checked(first: i32, count: i32): bool {
  if (count < 1 || count > word(GeneratorWord.Limit)) {
    fail(Failure.Count, count);
    return false;
  }
  // The last index must be below 2^31 too.
  if (first < 0 || first > i32.MAX_VALUE - count) {
    fail(Failure.First, first);
    return false;
  }
  return true;
}

/** Sets the words that depend on the first row. */
function startAt(program: i32, row: i32): void {
  let entry = <usize>programWord(program, ProgramWord.RowEntries);
  for (let left = programWord(program, ProgramWord.RowWords); left > 0; left--) {
    store<i32>(
      <usize>load<i32>(entry, RowEntry.Address << 2),
      load<i32>(entry, RowEntry.Start << 2) + row * load<i32>(entry, RowEntry.Stride << 2),
    );
    entry += RowEntry.Size << 2;
  }
}

/** Runs a program for the records from `index` on, whose random numbers follow from the seed and the index. */
function runAt(program: i32, seedLow: i32, seedHigh: i32, index: i32): i32 {
  const block = word(GeneratorWord.Block), clock = <usize>programWord(program, ProgramWord.Clock);
  store<i32>(clock, seedLow, Clock.SeedLow << 2);
  store<i32>(clock, seedHigh, Clock.SeedHigh << 2);
  store<i32>(clock, index / block, Clock.StepLow << 2);
  store<i32>(clock, 0, Clock.StepHigh << 2);
  startAt(program, index % block);
  return run(<usize>programWord(program, ProgramWord.Commands), 1);
}

/** Writes values to the data's own units. */
function toUnits(to: usize, from: usize, count: i32): void {
  const units = <usize>word(GeneratorWord.Units), columns = word(GeneratorWord.Columns);
  const shift = load<f64>(units), scale = load<f64>(units, 8);
  for (let i = 0, column = 0; i < count; i++) {
    let value = (<f64>load<f32>(from + (<usize>i << 2)) - shift) / scale;
    if (columns) {
      const own = units + 16 + (<usize>column << 4);
      value = value * load<f64>(own) + load<f64>(own, 8);
      if (++column == columns) column = 0;
    }
    store<f32>(to + (<usize>i << 2), <f32>value);
  }
}

/** The inverse of `toUnits`: values of the data's own units become what the model was trained on. */
function fromUnits(to: usize, from: usize, count: i32): void {
  const units = <usize>word(GeneratorWord.Units), columns = word(GeneratorWord.Columns);
  const shift = load<f64>(units), scale = load<f64>(units, 8);
  for (let i = 0, column = 0; i < count; i++) {
    let value = <f64>load<f32>(from + (<usize>i << 2));
    if (columns) {
      const own = units + 16 + (<usize>column << 4);
      value = (value - load<f64>(own, 8)) / load<f64>(own);
      if (++column == columns) column = 0;
    }
    store<f32>(to + (<usize>i << 2), <f32>(value * scale + shift));
  }
}

/**
 * Runs a program for `count` records, some rows at a time, and writes its results one after the other to `out`; `inputs`
 * is the address of its input's rows, or 0.
 */
function compute(
  program: i32, seedLow: i32, seedHigh: i32, first: i32, count: i32, out: usize, inputs: usize, inputValues: i32, units: bool,
): i32 {
  if (programWord(program, ProgramWord.Commands) == 0) return fail(Failure.Missing, program);
  if (!prepared && programWord(GeneratorProgram.Prepare, ProgramWord.Commands)) {
    const status = run(<usize>programWord(GeneratorProgram.Prepare, ProgramWord.Commands), 1);
    if (status != Status.Done) return fail(Failure.Status, status);
  }
  prepared = true;
  const rows = word(GeneratorWord.Rows), block = word(GeneratorWord.Block);
  const values = programWord(program, ProgramWord.Values);
  const input = <usize>programWord(program, ProgramWord.Input), output = <usize>programWord(program, ProgramWord.Output);
  let to = out;
  for (let done = 0; done < count; ) {
    const index = first + done;
    const now = min(min(rows, count - done), block - index % block);
    if (inputs) {
      const from = inputs + ((<usize>done * <usize>inputValues) << 2), size = (<usize>now * <usize>inputValues) << 2;
      if (program == GeneratorProgram.Score) fromUnits(input, from, now * inputValues);
      else memory.copy(input, from, size);
      memory.fill(input + size, 0, ((<usize>rows * <usize>inputValues) << 2) - size);
    }
    const status = runAt(program, seedLow, seedHigh, index);
    if (status != Status.Done) return fail(Failure.Status, status);
    if (units) toUnits(to, output, now * values);
    else memory.copy(to, output, (<usize>now * <usize>values) << 2);
    to += (<usize>now * <usize>values) << 2;
    done += now;
  }
  return <i32>out;
}

/**
 * Samples `first` to `first + count - 1` of a seed: the address of count records of f32, row-major, in the data's own
 * units. `label` is -1 for a model without labels.
 */
export function generate(seedLow: i32, seedHigh: i32, first: i32, count: i32, label: i32): i32 {
  if (label != -1) return fail(Failure.Label, label);
  const results = <usize>word(GeneratorWord.Results);
  if (!checked(first, count) || !reserveResults(count, word(GeneratorWord.Values))) return 0;
  return compute(GeneratorProgram.Sample, seedLow, seedHigh, first, count, results, 0, 0, true);
}

/** Address of the rows that `decode` and `score` read: room for `Limit` latents or records. */
export function inputs(): i32 {
  const end = <u64>word(GeneratorWord.Inputs) + <u64>word(GeneratorWord.Limit) * <u64>word(GeneratorWord.InputBytes);
  return reserve(end) ? word(GeneratorWord.Inputs) : 0;
}

/** Writes the latents of `generate`'s samples to `inputs`, and returns its address; count 0 writes none. */
export function latent(seedLow: i32, seedHigh: i32, first: i32, count: i32): i32 {
  const room = inputs();
  if (room == 0 || count == 0) return room;
  if (!checked(first, count)) return 0;
  return compute(GeneratorProgram.Draw, seedLow, seedHigh, first, count, <usize>room, 0, 0, false);
}

/** Records of the first `count` latents in `inputs`. */
export function decode(count: i32): i32 {
  const room = inputs(), results = <usize>word(GeneratorWord.Results);
  if (room == 0 || !checked(0, count) || !reserveResults(count, word(GeneratorWord.Values))) return 0;
  return compute(GeneratorProgram.Decode, 0, 0, 0, count, results, <usize>room, word(GeneratorWord.Latent), true);
}

/** Scores of the first `count` records in `inputs`, which are in the data's own units: the address of count f32. */
export function score(count: i32): i32 {
  const room = inputs(), results = <usize>word(GeneratorWord.Results);
  if (room == 0 || !checked(0, count) || !reserveResults(count, 1)) return 0;
  return compute(GeneratorProgram.Score, 0, 0, 0, count, results, <usize>room, word(GeneratorWord.Values), false);
}
