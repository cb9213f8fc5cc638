/**
 * The ranks that train one model together: processes of a cluster, or runtimes of one process. A program compiled for a
 * group sums values over all ranks where its graph says so.
 */
export interface Group {
  /** Number of this rank, from 0. */
  readonly rank: number;
  /** Number of ranks. */
  readonly size: number;
  /**
   * Replaces values by their sums over all ranks, in f32, in an order that depends on the number of ranks alone: every rank has
   * the same bits, in every repetition. All ranks must call this for the same number of values, in the same order.
   * @param values in memory that may be shared with other threads; not used after the call has returned or its promise resolved
   * @param what the values, for errors: "the generator's gradients of step 26"
   * @throws RankLostError if another rank does not come within the group's time limit
   */
  allReduce(values: Float32Array, what: string): void | Promise<void>;
  /**
   * Gives all ranks the bytes of every rank, in the order of ranks; the lengths may differ.
   * @throws RankLostError if another rank does not come within the group's time limit
   */
  agree(bytes: Uint8Array, what: string): Promise<readonly Uint8Array[]>;
  /** Ends the work of all ranks because of an error on this one. */
  abort(message: string): void;
  /** Leaves the group, once all ranks are done. */
  close(): void | Promise<void>;
}
