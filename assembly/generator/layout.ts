/**
 * Memory of an exported generator: what `src/export/` writes and `assembly/generator.ts` reads. Portable TypeScript,
 * imported by both sides. Words have 32 bits; addresses are byte addresses.
 *
 *     0            control block and one lane's scratch, as in every memory of the kernels
 *     Header       the words of `GeneratorWord`
 *     …            programs, literals, weights, texts
 *     Results      count records, then the inputs of `decode` and `score`, and their classes; the memory grows as they are
 *                  needed
 */

/** Words behind the scratch memory of the one lane, at `Layout.Lanes + Layout.LaneBytes`. */
export const enum GeneratorWord {
  /** Address of the description: zero-terminated UTF-8. */
  Description,
  /** Address of a buffer for an error's text. */
  ErrorBuffer,
  /** Addresses of the texts of `Failure`, in its order. */
  Texts,
  /** Maximum number of records of a call. */
  Limit = 7,
  /** Records of a block of random numbers. */
  Block,
  /** Address of f64: shift, scale, then the scale and offset of each of `Columns`. */
  Units,
  Columns,
  /** Address of `Limit` records. */
  Results,
  /** Address of `Limit` latents or records. */
  Inputs,
  /** Bytes of the largest row of `Inputs`. */
  InputBytes,
  /** Number of classes; 0: the model was not trained with labels. */
  Classes,
  /** Address of `Limit` classes, i32, of the rows of `Inputs`. */
  Labels,
  /** `ProgramWord`s of each `GeneratorProgram`, in its order. */
  Programs,
}

/**
 * Programs of a generator; one that the family lacks has no words. Each computes many rows at once; from `One` on there
 * is each once more for a single row, which makes the first sample early.
 */
export const enum GeneratorProgram {
  /** Draws latents, and classes of a model that was trained with labels. */
  Draw,
  /** Computes records of latents. */
  Decode,
  /** Scores given records. */
  Score,
  One,
  Count = 6,
}

export const enum ProgramWord {
  /** Address of the commands; 0: no such program. */
  Commands,
  /** Address behind the commands that depend on the weights alone: where all runs but the first begin. */
  Again,
  /** Number of the programs that share the results of those commands: they run in the first run of one of them only. */
  Group,
  Clock,
  /** Rows that it computes at once. */
  Rows,
  /** Address of the fed input, [Rows, InputValues]. */
  Input,
  InputValues,
  /** Address of the result, [Rows, values]. */
  Output,
  /** Values of a row of the result. */
  Values,
  /** Address of the rows' classes, i32 [Rows]: results of `Draw`, inputs of others; 0: none. */
  Labels,
  /** Number of words that depend on the first row, and the address of their `RowEntry`s. */
  RowWords,
  RowEntries,
  Size,
}

/** A word that depends on the first row of a block: its value is Start + row Stride. */
export const enum RowEntry {
  Address,
  Start,
  Stride,
  Size,
}

/** What can go wrong. The text of each ends before the number that was found. */
export const enum Failure {
  Count,
  First,
  Label,
  Memory,
  Status,
}
