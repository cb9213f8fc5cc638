/**
 * The command language: what the compiler writes and the kernels read.
 *
 * Portable TypeScript, imported by both sides. A program is a flat list of commands in linear memory, ended by
 * `Opcode.End`. A command is a sequence of 32-bit words; every address is a byte address, every count and stride is in
 * elements, floats are stored as their bits. Each enum below names the words of one command, counted from its start.
 *
 *     word 0     1       2      3    4 …
 *     +--------+-------+------+----+------------+
 *     | opcode | words | flag | id | the command's own words, then its embedded descriptors
 *     +--------+-------+------+----+------------+
 */

/** A command of a program; the value is its word 0. */
export const enum Opcode {
  End,
  /** Waits until every lane has arrived: the border between two waves. No words of its own. */
  Barrier,
  /** Fused elementwise arithmetic: see `MapWord`. */
  Map,
  /** Sum or maximum over one axis, with a map in front: see `ReduceWord`. */
  Reduce,
  /** C = A B, with a map as epilogue: see `MatmulWord`. */
  Matmul,
  /** Copies between two strided views: transpose, slice, pad's inside, concat, flip: see `CopyWord`. */
  Copy,
  /** Sets a contiguous range of 32-bit cells to one value: see `FillWord`. */
  Fill,
  /** out[i] = table[index[i]], u8 rows are normalised: see `GatherWord`. */
  Gather,
  /** out = 0, then out[index[i]] += rows[i], in the order of i: see `ScatterWord`. */
  ScatterAdd,
  /** Index of each row's first maximum: see `ArgMaxWord`. */
  ArgMax,
  /** Element type conversion: see `CastWord`. */
  Cast,
  /** Uniform integers below a bound, or the next indices of a keyed permutation: see `RandomWord`. */
  Random,
  /** Adds 1 to the step of a clock: see `TickWord`. */
  Tick,
  /** Stops the program if a tensor holds a value that is not finite: see `CheckWord`. */
  CheckFinite,
  /** Returns to the host, which sums values over the ranks of a group, and then calls `resume`: see `ExchangeWord`. */
  Exchange,
  /** Measures the computer's speed: independent multiply-adds on registers: see `RoofWord`. */
  Roof,
  /** Convolution of images with the weights of a sliding window, or its input gradient: see `ConvolveWord`. */
  Convolve,
  /** Weight gradient of a convolution: see `ConvolveWord`. */
  ConvolveWeights,
  /** A convolution that has stride 1 in each phase, with fewer multiplications: see `WinogradSlide`. */
  Winograd,
  /** Weights transformed and packed for `Winograd`. */
  WinogradWeights,
  /** Like `ConvolveWeights`, with fewer multiplications: see `WinogradSlide`. */
  WinogradGradient,
  /** out = values at the position of each window's first maximum: see `WindowWord`. */
  WindowPick,
  /** out = 0, then out += values at the position of each window's first maximum, windows in order: see `WindowWord`. */
  WindowPut,
  /** Starts commands that are repeated, or that run in some steps only; closed by `Next`: see `LoopWord`. */
  Loop,
  /** Ends an iteration of a loop: see `NextWord`. */
  Next,
}

/** Words that every command starts with. */
export const enum Header {
  Opcode,
  /** Length of the whole command in words, including this header and all embedded descriptors. */
  Words,
  /** Sum of `Flag`s. */
  Flags,
  /** Number of the command in its program, for diagnostics. */
  Id,
  /** Approximate number of elementary operations (u32): what the command uses of `Control.Budget`. */
  Work,
  /** Number of header words; a command's own words start here. */
  Size,
}

export const enum Flag {
  /** Too small to split: lane 0 runs it alone. */
  Single = 1,
}

/** Memory below the heap. */
export const enum Layout {
  /** Control block: job words, barrier, status. Addresses below are never used. */
  Control = 1024,
  /** Lane i counts its commands at Beats + i * BeatBytes, in a cache line of its own, up to `Lanes`: its heartbeat. */
  Beats = 1280,
  BeatBytes = 64,
  /** Scratch of lane i starts at Lanes + i * LaneBytes; the heap follows the last lane. */
  Lanes = 16384,
  LaneBytes = 1048576,
  /** Elements of a tile, the unit of work of a map. */
  Tile = 1024,
  TileBytes = 4096,
  /** Tile buffers of a lane, at the start of its scratch; the rest is the kernels' packing space. */
  TileBuffers = 32,
  /** First byte of a lane's packing space, relative to its scratch; it ends at `RandomPair`. */
  Packing = 131072,
  /** Space for 32 random words, relative to the lane's scratch. */
  RandomPair = 1044352,
  /** Addresses of the operands of the current map (8 bytes per slot), relative to the lane's scratch. */
  Operands = 1044480,
  /** Maximum number of slots of a map descriptor: what lies between `Operands` and `Loops`. */
  Slots = 504,
  /** Iteration counts of the loops that a lane is in, outermost first, relative to its scratch; at most `MostLoops`. */
  Loops = 1048512,
  MostLoops = 16,
}

/** Result of a run. What a program itself can cause is also stored in the control block's `Status`. */
export const enum Status {
  Done,
  /** `CheckFinite` found a value that is not finite; `Control.FailedStep` and `Control.FailedId` say where. */
  NotFinite,
  /** A lane is lost, see `Control.Lost`: the run is over, and this memory accepts no other. */
  LaneLost,
  /**
   * No result yet: lane 0 has waited at a barrier for `Control.Look` milliseconds. The host checks that all lanes are
   * alive, which it can do only while lane 0 does not run, and calls `resume`.
   */
  Waiting,
  /** No result yet: the work of `Control.Budget` is done. The host can handle its events before it calls `resume`. */
  Paused,
  /** The host wrote this while lane 0 was not running, to end the run after the current step. */
  Stopped,
  /** No result yet: lane 0 is at the `Exchange` command at `Control.Exchange`, in step `Control.FailedStep`. */
  Exchange,
}

/** Words of the control block, at `Layout.Control`. If lanes share memory, all are read and written atomically. */
export const enum Control {
  /** Generation of the current job, odd while it runs; waiting lanes watch it. */
  Job,
  /** Address of the current job's program. */
  Program,
  /** Number of steps of the job. */
  Times,
  /** Lanes that take part. */
  Lanes,
  Status,
  /** Step (0-based, within this run) and command id at which `Status` was set. */
  FailedStep,
  FailedId,
  /** Barrier: arrivals in the current phase, and the phase (2 per barrier; bit 0 = stop after this step). */
  Arrived,
  Phase,
  /** Milliseconds that lane 0 waits at a barrier before it returns `Status.Waiting`; 0 = no limit. */
  Look,
  /** 1 asks serving lanes to return; then add 2 to `Job` and notify it. */
  Quit,
  /** Lanes that sleep on `Job` or `Phase` and must be notified. */
  Sleepers,
  /** Set to 1 by the host when a lane has ended or is declared dead: no barrier lets a lane pass any more. */
  Lost,
  /** Work (see `Header.Work`) after which lane 0 returns `Status.Paused` at the next barrier; 0 = no limit. */
  Budget,
  /** Address of the command at which `Status.Exchange` was returned. */
  Exchange,
  Size,
}

/**
 * A clock: the state of the random numbers. Philox4x32-10 is called with key = (SeedLow, SeedHigh) and counter = (block
 * of elements, stream, StepLow, StepHigh), Salmon et al. 2011.
 */
export const enum Clock {
  SeedLow,
  SeedHigh,
  StepLow,
  StepHigh,
  Size,
}

/**
 * A map descriptor: elementwise arithmetic over `Count` elements in tiles of `Tile`. It follows the header of a `Map`,
 * or is embedded in another command, before its reduction or after its product (epilogue). Offsets count words from the
 * descriptor's start.
 *
 *     +----------+----------------------+-----------------------+------------------+
 *     | 6 words  | Slots x SlotWord.Size | Micros x MicroWord.Size | views (strided) |
 *     +----------+----------------------+-----------------------+------------------+
 */
export const enum MapWord {
  /** Elements of the iteration space. */
  Count,
  /** Elements per tile, at most `Layout.Tile`; a multiple of every `Periodic` period that fits. */
  Tile,
  Slots,
  Micros,
  /** Length of the last axis: epilogues address element (row, column) as row * Columns + column. */
  Columns,
  /** Words of the whole descriptor. */
  Words,
  Size,
}

/** Where an operand of a micro-operation is stored. */
export const enum Slot {
  /** A tile buffer of the lane: an intermediate value. */
  Temporary,
  /** Memory, element i at Address + 4 i. The only kind besides `Temporary` that may be written. */
  Contiguous,
  /** One f32 in memory for all elements. */
  Scalar,
  /** The f32 whose bits are in `Value`, for all elements. */
  Constant,
  /** Element i at Address + 4 (i mod Value): a last-axes broadcast. */
  Periodic,
  /** Element i at Address + 4 floor(i / Value): one value per row. */
  Repeated,
  /** General strides: `Value` is the offset (words) of a view: `Rank` sizes, then `Rank` strides in elements. */
  Strided,
}

export const enum SlotWord {
  Kind,
  Address,
  /** Per kind: bits, period, repeat, or offset of the view. */
  Value,
  Rank,
  /** Tile buffer that holds the value (every kind but `Contiguous`). */
  Buffer,
  Size,
}

export const enum MicroWord {
  Op,
  /** Slot indices. */
  Out,
  A,
  B,
  C,
  /** Immediate operands p, q: f32 bits (integers where noted). */
  P,
  Q,
  Size,
}

/** Micro-operations on whole tiles. a, b, c are operands; p, q immediates. */
export const enum Micro {
  // Nullary: random numbers. p = stream (integer), q = address of the clock, word A = index of the map's first element.
  /** Uniform in [0, 1). */
  Uniform,
  /** Standard normal, by Box-Muller. */
  Normal,

  // Unary.
  /** a */
  Copy,
  /** p a + q */
  Affine,
  Abs,
  /** -1, 0 or 1 */
  Sign,
  Floor,
  Exp,
  /** e^a - 1 */
  Expm1,
  Log,
  /** log(1 + a) */
  Log1p,
  Tanh,
  /** 1 / (1 + e^-a) */
  Sigmoid,
  /** log(1 + e^a) */
  Softplus,
  Sqrt,
  /** 1 / sqrt(a) */
  Rsqrt,
  Reciprocal,
  Square,
  Sin,
  Cos,
  Erf,
  /** max(a, 0): 0 for -0 too, NaN for NaN */
  Relu,
  /** a > 0 ? a : p a */
  Leaky,
  /** a > 0 ? 1 : p */
  LeakySlope,
  /** min(max(a, p), q) */
  Clamp,

  // Binary.
  Add,
  Sub,
  Mul,
  Div,
  Max,
  Min,
  Pow,
  /** 1 where a < b, else 0 */
  Less,
  LessEqual,
  Equal,
  /** a - b, or 0 if they are equal (also if both are infinite) */
  Gap,
  /** p a + q b */
  Axpby,
  /** p a + q (b b) */
  AxpbySquare,
  /** a (p b) */
  MulScale,
  /** a (b > 0 ? 1 : p): gradient of Leaky from its output b */
  LeakyMask,
  /** a (1 - b b): gradient of tanh from its output b */
  TanhMask,
  /** a (b (1 - b)): gradient of sigmoid from its output b */
  SigmoidMask,
  /** p a / (sqrt(b) + q) */
  DivSqrt,

  // Ternary.
  /** a b + c */
  MulAdd,
  /** c - a b */
  NegMulAdd,
  /** a (b c) */
  MulMul,
  /** a != 0 ? b : c */
  Select,
  Count,
}

/** After the header: one map descriptor, starting at word `Descriptor`. */
export const enum MapCommand {
  Descriptor = 5,
}

export const enum Reduction {
  Sum,
  Max,
}

/**
 * Reduces the middle axis of [Outer, Length, Inner] in blocks: out[outer, ceil(Length / Block), inner]. Each block's
 * elements are combined in a fixed order; a second command combines the blocks. Input = slot `Result` of the map
 * descriptor, whose iteration space is the [Outer, Length, Inner] elements in row-major order. The result is multiplied
 * by Scale.
 */
export const enum ReduceWord {
  Reduction = 5,
  Outer,
  Length,
  Inner,
  Block,
  Out,
  /** f32 bits */
  Scale,
  /** Slot that holds the value to reduce. */
  Result,
  /** Offset (words) of the map descriptor from the command's start. */
  Descriptor,
  Size,
}

/**
 * C[b] = op(A[b]) op(B[b]) for b < Batch; op(A) is [M, K], op(B) is [K, N]. A transposed operand is stored [K, M] or
 * [N, K]. Row strides (leading dimensions) and batch strides are in elements; a batch stride of 0 shares one matrix. An
 * epilogue needs Ldc = N and a contiguous batch; its element index is (b M + row) N + column.
 */
export const enum MatmulWord {
  Batch = 5,
  M,
  N,
  K,
  A,
  B,
  C,
  Lda,
  Ldb,
  Ldc,
  BatchA,
  BatchB,
  BatchC,
  /** 1 if the operand is stored transposed. */
  TransposeA,
  TransposeB,
  /** 1 if a row's bits may depend on the other rows: products of 0 and 1 then go by tables. */
  RowsTogether,
  /** Offset (words) of the epilogue's map descriptor from the command's start; 0 = none. */
  Epilogue,
  Size,
}

/**
 * out[n, y, x, f] = sum over taps t and channels c of in[n, y', x', c] w[t, c, f], images [Batch, height, width,
 * channels]. `Rows` and `Columns` are offsets (words) of two `SlideWord` descriptors, which define y' and x'; pixels
 * outside the image count as 0. Tap (row, column) has number row * KernelWidth + column.
 *
 * Channels of in and out are split into `Groups` ranges; w is [taps, InChannels / Groups, OutChannels], or, transposed,
 * [taps, OutChannels / Groups, InChannels]. The epilogue's element index is that of out.
 *
 * `ConvolveWeights` has the same words and computes w = sum over pixels of in[n, y', x', c] out[n, y, x, f] from in and
 * out; its slides have one phase, w is not transposed, and the epilogue's element index is that of w.
 */
export enum ConvolveWord {
  Batch = 5,
  In,
  Weights,
  Out,
  InHeight,
  InWidth,
  InChannels,
  OutHeight,
  OutWidth,
  OutChannels,
  Groups,
  TransposeWeights,
  KernelWidth,
  /** Offset (words) of the epilogue's map descriptor from the command's start; 0 = none. */
  Epilogue,
  Rows,
  Columns,
  Size,
}

/**
 * How a window slides along one axis. Result position `phase + Phases q` uses, for each tap of the phase, the input at
 * q Step + offset. A convolution has one phase and its stride as Step. Its input gradient has as many phases as the
 * stride, each with its own taps, and Step 1: products with the zeros between the pixels are never computed.
 *
 *     +------+--------+-----------------------------------------------------------+-------
 *     | Step | Phases | count, taps, taps x (offset, number of the tap): phase 0   | phase 1 …
 *     +------+--------+-----------------------------------------------------------+-------
 */
export enum SlideWord {
  Step,
  Phases,
  Size,
}

/** One phase of a slide. After `Size`: Taps pairs. */
export enum PhaseWord {
  /** Result positions of the phase. */
  Count,
  Taps,
  Size,
}

/**
 * `Winograd` computes the same as `Convolve`, for one group, with the same words, but `Weights` are those that
 * `WinogradWeights` has made, and the slides have this layout. Channels and features are multiples of four.
 * `WinogradWeights` has the words of its `Winograd` command, but Weights are w and Out is the address of the
 * transformed weights: [phase][(Tile + Taps - 1)^2 positions][block of k = sets x channels][ceil(features / 8)][k][8].
 * `WinogradGradient` computes the same as `ConvolveWeights`, with the same words but these slides, of one phase.
 *
 * The taps of a phase are split into Sets sets whose Taps taps (2 or 3) are Step pixels apart; a tile has Tile results
 * (2 or 4) along the axis. Taps and Tile are the same along both axes.
 *
 *     +------+--------+------+------+------+--------------------------------------------------------------+--------
 *     | Step | Phases | Sets | Taps | Tile | count, Sets x (first tap's offset, Taps x number of the tap) | phase 1 …
 *     +------+--------+------+------+------+--------------------------------------------------------------+--------
 */
export enum WinogradSlide {
  Step,
  Phases,
  Sets,
  Taps,
  Tile,
  Size,
}

/**
 * Windows over images [Batch, Height, Width, Channels], one per result pixel [Batch, Rows, Columns, Channels]. The
 * first maximum of X selects an element of each window (NaN counts as the maximum); every window has at least one
 * element inside the image. `WindowPick` reads Values, shaped like X, and writes one element of Out per window;
 * `WindowPut` does the reverse.
 */
export enum WindowWord {
  Batch = 5,
  X,
  Values,
  Out,
  Height,
  Width,
  Channels,
  Rows,
  Columns,
  KernelHeight,
  KernelWidth,
  StrideHeight,
  StrideWidth,
  /** Pixels between the first window's start and the image's first row, and column. */
  Top,
  Left,
  DilationHeight,
  DilationWidth,
  Size,
}

/**
 * out[index . OutStrides] = in[index . InStrides] over `Rank` axes (at most 6). After `Size`: Rank sizes, Rank out
 * strides, Rank in strides (elements; negative for flip). ElementBytes is 1 or 4.
 */
export const enum CopyWord {
  Out = 5,
  In,
  ElementBytes,
  Rank,
  Size,
}

export const enum FillWord {
  Out = 5,
  Count,
  /** 32 bits */
  Value,
  Size,
}

export const enum ElementType {
  F32,
  U8,
  I32,
}

/** out[Rows, RowLength] = table[index[row], :] * Scale + Shift as f32. Indices are i32, clamped to the table. */
export const enum GatherWord {
  Out = 5,
  Table,
  Index,
  Rows,
  RowLength,
  TableRows,
  /** `ElementType` of the table. */
  Type,
  Scale,
  Shift,
  Size,
}

/** out[TableRows, RowLength] f32; index i32[Rows]; rows f32[Rows, RowLength]. */
export const enum ScatterWord {
  Out = 5,
  Index,
  In,
  Rows,
  RowLength,
  TableRows,
  Size,
}

/** out i32[Rows] from f32[Rows, RowLength]; NaN counts as the maximum. */
export const enum ArgMaxWord {
  Out = 5,
  In,
  Rows,
  RowLength,
  Size,
}

/** To integers: truncated, clamped to the type's range, NaN to 0. i32 to f32: to nearest, ties to even. */
export const enum CastWord {
  Out = 5,
  In,
  Count,
  From,
  To,
  Size,
}

export const enum RandomKind {
  /** i32 uniform in [0, Bound) */
  Integer,
  /**
   * Sampling without replacement: out[i] = P_e(j), j = position mod Bound, e = floor(position / Bound), position =
   * (step * Draws + Draw) * Of + From + i, P_e the keyed bijection of [0, Bound) for epoch e. No state is stored: the
   * clock's step gives the position.
   */
  Permutation,
}

/** Elements [From, From + Count) of a draw of `Of` elements: within loops, all iterations share one draw. */
export const enum RandomWord {
  Kind = 5,
  Out,
  Count,
  Bound,
  Stream,
  Clock,
  /** Permutation only: this is draw number `Draw` of the `Draws` in a step. */
  Draw,
  Draws,
  From,
  Of,
  Size,
}

/**
 * Repeats the commands up to the loop's `Next` `Length` times. `Period` n > 0: only if the clock's step is a multiple of
 * n; -n: only if it is not; 0: always.
 */
export const enum LoopWord {
  Length = 5,
  Period,
  Clock,
  /** Words from this command to the one after its `Next`. */
  Skip,
  Size,
}

/**
 * The end of an iteration. After `Size`: `Moves` descriptors of words that differ between iterations, each a `MoveWord`
 * followed by its `TermWord`s. The word's value is Start + the sum of Stride ((iteration + Shift) mod Slots) over its
 * terms, without the modulo if Slots is 0; the iteration is that of the loop at Level, 0 for the outermost.
 */
export const enum NextWord {
  Length = 5,
  /** Words from the loop's first command to this one. */
  Back,
  /** 1 if lanes share a command of the loop, so that they must wait for each other here. */
  Shared,
  Moves,
  Size,
}

export const enum MoveWord {
  /** Words from the rewritten word to the `Next`. */
  Back,
  Start,
  Terms,
  Size,
}

export const enum TermWord {
  Level,
  Stride,
  Shift,
  Slots,
  Size,
}

export const enum TickWord {
  Clock = 5,
  Size,
}

export const enum CheckWord {
  In = 5,
  Count,
  Size,
}

/** The host copies `Count` f32 from `In` to `Out`, unless both are the same address, and sums them there over all ranks. */
export const enum ExchangeWord {
  Out = 5,
  In,
  Count,
  Size,
}

export const enum RoofWord {
  /** 0: fused multiply-add (relaxed builds), 1: multiply, then add, 2: fused, in pairs to be merged (wide builds). */
  Kind = 5,
  /** Number of iterations; each is `RoofWork.Flops` floating-point operations per lane. */
  Iterations,
  /** Address of the (meaningless) result, so that the work is not optimised away. */
  Out,
  Size,
}

export const enum RoofWork {
  /** 24 multiply-adds of 4 floats. */
  Flops = 192,
}

/** Bits of `describe()`. */
export const enum Build {
  Relaxed = 1,
  Threads = 2,
  /** Tiles shaped for engines that merge two 128-bit operations into a 256-bit one; always with `Relaxed`. */
  Wide = 4,
  /** Version of this file in bits 8 and up; host and kernels must agree. */
  VersionShift = 8,
  Version = 8,
}
