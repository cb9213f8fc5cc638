/** How convolutions cut their work, and where things stand in the lane's packing space (bytes from its start). */

export enum Block {
  /** Most result pixels of a block: the rows of A that stay in the second-level cache. */
  Rows = 256,
  /** Longest block of k = taps x channels. */
  Depth = 256,
  /** Most taps of a block of k whose pixels are pointed to. */
  Taps = 16,
  /** Most features at a time where results are gathered aside. */
  Columns = 256,
  /** Fewer channels than these are copied together, tap by tap, rather than pointed to. */
  FewChannels = 16,
}

export enum Space {
  /** Coordinates of the block's rows, 16 bytes each. */
  Coordinates = 0,
  /** Pointers, [Taps][Rows]. */
  Table = 4096,
  /** Zeros that pointers outside of the image point to, [Depth]. */
  Zeros = 20480,
  /** A tile whose columns are not all there, [6][8]. */
  Edge = 21504,
  /** A packed panel, [Depth][8]. */
  Panel = 22528,
  /** Rows of A that are copied: [Rows][Depth] in the weight gradient, [rows][all taps x channels] with few channels. */
  Copied = 30720,
  /** Results that are not contiguous in memory, [Rows][Columns]; packed panels of the weight gradient. */
  Aside = 292864,
  /** Packed panels of all features, [Columns / 8][Depth][8], where channels or features are few. */
  Panels = 555008,
  PanelFloats = 65536,
}

/** Start of part `index` when `whole` is cut into `count` parts that differ by one at most. */
// @ts-ignore: decorator
@inline
export function cut(whole: i32, index: i32, count: i32): i32 {
  return <i32>((<i64>whole * index) / count);
}

// @ts-ignore: decorator
@inline
export function parts(whole: i32, most: i32): i32 {
  return (whole + most - 1) / most;
}
