/** The exchanges between the ranks of a group in one run of a program. On demand: only groups need it. */
import { Control, ExchangeWord, Header, Layout } from "../../assembly/opcode.js";
import type { WasmMemory } from "../web-types.js";

/** Sums values over the ranks of a group. `command` and `step` (of this run) tell which values they are. */
export type Exchange = (values: Float32Array, command: number, step: number) => void | Promise<void>;

/** Does what `Exchange` commands ask of the host. */
export class Exchanges {
  /** Iterations of the run that had ended when the engine's current part of it began. */
  step = 0;
  /** What an exchange threw; none follows it. */
  failed: { readonly error: unknown } | undefined;

  constructor(private readonly exchange: Exchange) {}

  /** Does the exchange at which lane 0 has stopped; a promise if it takes turns of the event loop. */
  next({ buffer }: WasmMemory): Promise<void> | undefined {
    if (this.failed) return undefined;
    const control = new Int32Array(buffer, Layout.Control, Control.Size);
    const words = new Int32Array(buffer, control[Control.Exchange] >>> 0, ExchangeWord.Size);
    const [out, from, count] = [words[ExchangeWord.Out] >>> 0, words[ExchangeWord.In] >>> 0, words[ExchangeWord.Count]];
    const values = new Float32Array(buffer, out, count);
    if (from !== out) values.set(new Float32Array(buffer, from, count));
    try {
      const pending = this.exchange(values, words[Header.Id], this.step + control[Control.FailedStep]);
      return pending?.catch((error: unknown) => this.#fail(error));
    } catch (error) {
      this.#fail(error);
      return undefined;
    }
  }

  #fail(error: unknown): void {
    this.failed = { error };
  }
}
