/** Creation of the memory that all lanes of an engine share. Sizes are in bytes, whole pages of 64 KiB. */
import { Layout } from "../../assembly/opcode.js";
import { OutOfMemoryError } from "../errors.js";

export const pageBytes = 65536;

/** The 4 GiB that WebAssembly addresses with 32 bits. */
export const mostBytes = 65536 * pageBytes;

/**
 * Largest number of lanes: their beats (progress counters) lie between the control block and the first lane's scratch.
 */
export const mostLanes = (Layout.Lanes - Layout.Beats) / Layout.BeatBytes;

/** First address after the lanes' scratch. */
export const heapStart = (lanes: number): number => Layout.Lanes + lanes * Layout.LaneBytes;

/**
 * A memory with room for the lanes' scratch. A shared memory reserves its maximum size at once, which hosts may refuse
 * (32-bit systems, phones): the maximum is then halved until the host accepts it.
 * @param limit largest size in bytes
 * @throws {OutOfMemoryError} if the host refuses every size
 */
export function makeMemory(lanes: number, shared: boolean, limit: number): WebAssembly.Memory {
  const initial = Math.ceil(heapStart(lanes) / pageBytes);
  const refusal = (cause?: unknown) =>
    new OutOfMemoryError(
      `out of memory: the host refused ${initial * pageBytes} bytes of ${shared ? "shared " : ""}memory`,
      {
        hint: "close() unused runtimes, or use fewer threads or a larger `memory` limit",
        cause,
      },
    );
  let cause: unknown;
  for (
    let maximum = Math.floor(Math.min(limit, mostBytes) / pageBytes);
    maximum >= initial;
    maximum = Math.floor(maximum / 2)
  ) {
    try {
      return new WebAssembly.Memory({ initial, maximum, shared });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      cause = error;
    }
  }
  throw refusal(cause);
}
