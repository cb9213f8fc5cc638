/** Creates the memory shared by all lanes of an engine. Sizes are in bytes, in whole pages of 64 KiB. */
import { Layout } from "../../assembly/opcode.js";
import { OutOfMemoryError } from "../errors.js";

export const pageBytes = 65536;

/** Limit of 32-bit addresses in WebAssembly. */
export const mostBytes = 65536 * pageBytes;

/** Maximum number of lanes: their heartbeats are between the control block and the first lane's scratch. */
export const mostLanes = (Layout.Lanes - Layout.Beats) / Layout.BeatBytes;

/** First address after the lanes' scratch. */
export const heapStart = (lanes: number): number => Layout.Lanes + lanes * Layout.LaneBytes;

/**
 * A memory with space for the lanes' scratch. A shared memory reserves its maximum size at once, which hosts may refuse
 * (32-bit systems, phones): then half of it is requested, and so on.
 * @param limit maximum size in bytes
 * @throws {OutOfMemoryError} if the host refuses every size
 */
export function makeMemory(lanes: number, shared: boolean, limit: number): WebAssembly.Memory {
  const initial = Math.ceil(heapStart(lanes) / pageBytes);
  const refusal = (cause?: unknown) =>
    new OutOfMemoryError(
      `out of memory: the host refused ${initial * pageBytes} bytes of ${shared ? "shared " : ""}memory`,
      {
        hint: "use fewer threads (1 MiB each) or a larger `memory` limit",
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
