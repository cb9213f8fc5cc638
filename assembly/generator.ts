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

/** Bits of the groups of programs of which one has run, and with it the commands that depend on the weights alone. */
let ran: i32 = 0;

/** Runs a program for the records from `index` on, whose random numbers follow from the seed and the index. */
function runAt(program: i32, seedLow: i32, seedHigh: i32, index: i32): bool {
  const block = word(GeneratorWord.Block), clock = <usize>programWord(program, ProgramWord.Clock);
  store<i32>(clock, seedLow, Clock.SeedLow << 2);
  store<i32>(clock, seedHigh, Clock.SeedHigh << 2);
  store<i32>(clock, index / block, Clock.StepLow << 2);
  store<i32>(clock, 0, Clock.StepHigh << 2);
  startAt(program, index % block);
  const group = 1 << programWord(program, ProgramWord.Group);
  const again = ran & group ? ProgramWord.Again : ProgramWord.Commands;
  const status = run(<usize>programWord(program, again), 1);
  if (status != Status.Done) {
    fail(Failure.Status, status);
    return false;
  }
  ran |= group;
  return true;
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

// @ts-ignore: decorator
@inline
function bytesOf(rows: i32, values: i32): usize {
  return (<usize>rows * <usize>values) << 2;
}

/** The form of a program for `left` rows: that of many rows, or that of one if most of the rows would be thrown away. */
// @ts-ignore: decorator
@inline
function formFor(program: i32, left: i32): i32 {
  return left * 2 < programWord(program, ProgramWord.Rows) ? program + GeneratorProgram.One : program;
}

/** Rows that a program computes from `index` on: within a block, because another block has another step. */
// @ts-ignore: decorator
@inline
function rowsAt(program: i32, index: i32, left: i32): i32 {
  const block = word(GeneratorWord.Block);
  return min(min(programWord(program, ProgramWord.Rows), left), block - index % block);
}

/** Copies `rows` rows to a program's input, and zeros after them. */
function feed(program: i32, from: usize, rows: i32, own: bool): void {
  const input = <usize>programWord(program, ProgramWord.Input), values = programWord(program, ProgramWord.InputValues);
  const size = bytesOf(rows, values);
  if (own) fromUnits(input, from, rows * values);
  else memory.copy(input, from, size);
  memory.fill(input + size, 0, bytesOf(programWord(program, ProgramWord.Rows), values) - size);
}

/** Copies the classes of `rows` rows to a program's input, and class 0 after them. */
function feedLabels(program: i32, from: usize, rows: i32): void {
  const input = <usize>programWord(program, ProgramWord.Labels), size = bytesOf(rows, 1);
  memory.copy(input, from, size);
  memory.fill(input + size, 0, bytesOf(programWord(program, ProgramWord.Rows), 1) - size);
}

/** Sets the class of all rows of a program. */
function setLabels(program: i32, label: i32): void {
  const input = <usize>programWord(program, ProgramWord.Labels);
  for (let i = 0; i < programWord(program, ProgramWord.Rows); i++) store<i32>(input + (<usize>i << 2), label);
}

/**
 * Samples `first` to `first + count - 1` of a seed: the address of count records of f32, row-major, in the data's own
 * units. `label` is their class, or -1: the class of each is drawn. Of a model without labels it is -1.
 */
export function generate(seedLow: i32, seedHigh: i32, first: i32, count: i32, label: i32): i32 {
  if (label < -1 || label >= word(GeneratorWord.Classes)) return fail(Failure.Label, label);
  const values = programWord(GeneratorProgram.Decode, ProgramWord.Values);
  if (!checked(first, count) || !reserveResults(count, values)) return 0;
  let to = <usize>word(GeneratorWord.Results);
  for (let done = 0; done < count; ) {
    const maker = formFor(GeneratorProgram.Decode, count - done);
    // Both of the same form: one for a single row would draw fewer latents than the other decodes.
    const draw = GeneratorProgram.Draw + maker - GeneratorProgram.Decode;
    const rows = min(rowsAt(draw, first + done, count - done), rowsAt(maker, first + done, count - done));
    if (!runAt(draw, seedLow, seedHigh, first + done)) return 0;
    feed(maker, <usize>programWord(draw, ProgramWord.Output), rows, false);
    if (label >= 0) setLabels(maker, label);
    else if (word(GeneratorWord.Classes)) feedLabels(maker, <usize>programWord(draw, ProgramWord.Labels), rows);
    if (!runAt(maker, seedLow, seedHigh, first + done)) return 0;
    toUnits(to, <usize>programWord(maker, ProgramWord.Output), rows * values);
    to += bytesOf(rows, values);
    done += rows;
  }
  return word(GeneratorWord.Results);
}

/** Copies the classes that a program drew for `rows` rows to those of the inputs from `done` on. */
function keepLabels(program: i32, done: i32, rows: i32): void {
  const drawn = <usize>programWord(program, ProgramWord.Labels);
  memory.copy(<usize>word(GeneratorWord.Labels) + bytesOf(done, 1), drawn, bytesOf(rows, 1));
}

/** Reserves the rows that `decode` and `score` read, and their classes. */
function reserveInputs(): bool {
  const limit = <u64>word(GeneratorWord.Limit), classes = <u64>word(GeneratorWord.Classes);
  const rows = <u64>word(GeneratorWord.Inputs) + limit * <u64>word(GeneratorWord.InputBytes);
  return reserve(classes ? <u64>word(GeneratorWord.Labels) + limit * 4 : rows);
}

/** Address of the rows that `decode` and `score` read: room for `Limit` latents or records. */
export function inputs(): i32 {
  return reserveInputs() ? word(GeneratorWord.Inputs) : 0;
}

/** Address of the classes of these rows, i32, of a model that was trained with labels; at first they are 0. */
export function labels(): i32 {
  return reserveInputs() ? word(GeneratorWord.Labels) : 0;
}

/**
 * Writes the latents of `generate`'s samples to `inputs`, and the classes that it draws to `labels`; returns the address of
 * the latents. Count 0 writes none.
 */
export function latent(seedLow: i32, seedHigh: i32, first: i32, count: i32): i32 {
  const room = inputs(), values = programWord(GeneratorProgram.Draw, ProgramWord.Values);
  if (room == 0 || count == 0) return room;
  if (!checked(first, count)) return 0;
  let to = <usize>room;
  for (let done = 0; done < count; ) {
    const draw = formFor(GeneratorProgram.Draw, count - done);
    const rows = rowsAt(draw, first + done, count - done), size = bytesOf(rows, values);
    if (!runAt(draw, seedLow, seedHigh, first + done)) return 0;
    memory.copy(to, <usize>programWord(draw, ProgramWord.Output), size);
    if (word(GeneratorWord.Classes)) keepLabels(draw, done, rows);
    to += size;
    done += rows;
  }
  return room;
}

/** Whether the classes of the first `count` rows in `inputs` are classes of the model. */
function checkedLabels(count: i32): bool {
  for (let i = 0; i < count; i++) {
    const label = load<i32>(<usize>word(GeneratorWord.Labels) + (<usize>i << 2));
    if (label >= 0 && label < word(GeneratorWord.Classes)) continue;
    fail(Failure.Label, label);
    return false;
  }
  return true;
}

/** Runs a program over the first `count` rows in `inputs`. Records are in the data's own units. */
function map(program: i32, count: i32, recordsIn: bool, recordsOut: bool): i32 {
  const room = inputs(), values = programWord(program, ProgramWord.Values);
  if (room == 0 || !checked(0, count) || !reserveResults(count, values)) return 0;
  const labelled = programWord(program, ProgramWord.Labels) != 0;
  if (labelled && !checkedLabels(count)) return 0;
  let from = <usize>room, to = <usize>word(GeneratorWord.Results);
  for (let done = 0; done < count; ) {
    const form = formFor(program, count - done), rows = rowsAt(form, done, count - done);
    feed(form, from, rows, recordsIn);
    if (labelled) feedLabels(form, <usize>word(GeneratorWord.Labels) + bytesOf(done, 1), rows);
    // All records are scored with the same random numbers.
    if (!runAt(form, 0, 0, recordsIn ? 0 : done)) return 0;
    const output = <usize>programWord(form, ProgramWord.Output);
    if (recordsOut) toUnits(to, output, rows * values);
    else memory.copy(to, output, bytesOf(rows, values));
    from += bytesOf(rows, programWord(program, ProgramWord.InputValues));
    to += bytesOf(rows, values);
    done += rows;
  }
  return word(GeneratorWord.Results);
}

/** Records of the first `count` latents in `inputs`: the address of count records of f32, in the data's own units. */
export function decode(count: i32): i32 {
  return map(GeneratorProgram.Decode, count, false, true);
}

/** Scores of the first `count` records in `inputs`, which are in the data's own units: the address of count f32. */
export function score(count: i32): i32 {
  return map(GeneratorProgram.Score, count, true, false);
}
