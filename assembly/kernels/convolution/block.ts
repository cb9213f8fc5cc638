/** Block sizes of convolutions, and the layout of the lane's packing space (in bytes from its start). */

export enum Block {
  /** Maximum result pixels per block: the rows of A that stay in the second-level cache. */
  Rows = 256,
  /** Maximum length of a block of k = taps x channels. */
  Depth = 256,
  /** Maximum taps of a k block that is read through pointers. */
  Taps = 16,
  /** Maximum features at a time if results go through the buffer `Aside`. */
  Columns = 256,
  /** With fewer channels than this, rows are copied together tap by tap instead of read through pointers. */
  FewChannels = 16,
}

export enum Space {
  /** Coordinates of the block's rows, 16 bytes each. */
  Coordinates = 0,
  /** Pointers, [Taps][Rows]. */
  Table = 4096,
  /** Zeros that pointers outside of the image point to, [Depth]. */
  Zeros = 20480,
  /** A tile of a panel with fewer than eight columns, [6][8]. */
  Edge = 21504,
  /** A packed panel, [Depth][8]; a second one takes the place of `Copied`, where no rows are copied. */
  Panel = 22528,
  PanelBytes = 8192,
  /** Rows of A that are copied: [Rows][Depth] in the weight gradient, [rows][all taps x channels] with few channels. */
  Copied = 30720,
  /** Results whose destination is not contiguous, [Rows][Columns]; packed panels of the weight gradient. */
  Aside = 292864,
  /** Packed panels of all features, [Columns / 8][Depth][8], if there are few channels or few features. */
  Panels = 555008,
  PanelFloats = 65536,
}

/** Start of part `index` if `whole` is split into `count` parts whose sizes differ by at most one. */
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
