/**
 * A task with two consumers: a loop over its events, and a promise of its result. One generator does the work. A loop sets
 * its pace: the work continues when the loop requests the next event. Without a loop, awaiting the promise runs it.
 */
import { hostTurn } from "../host/turn.js";

const nothing = () => undefined;

/** A task of type R whose events, of type E, a loop may receive. */
export class PacedTask<E, R> {
  /** Events that no loop has received yet. */
  readonly #events: E[] = [];
  readonly #result: Promise<R>;
  #resolve: (result: R) => void = nothing;
  #reject: (error: unknown) => void = nothing;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #taken = false;
  /** Number of loops that are waiting for an event. */
  #waiting = 0;
  #pulling: Promise<void> | undefined;
  #driver: object | undefined;
  #work: AsyncGenerator<E, R> | undefined;

  /**
   * @param begin starts the work
   * @param stop requests that the work end as soon as possible
   */
  constructor(
    private readonly begin: () => AsyncGenerator<E, R>,
    private readonly stop: () => void,
  ) {
    this.#result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  /** The result. Reading it runs the work to its end if no loop is waiting for an event. */
  get done(): Promise<R> {
    this.#taken = true;
    if (!this.#ended && !this.#driver && this.#waiting === 0) void this.#drive();
    return this.#result;
  }

  /** An iterator over the events; `break` ends the work. */
  events(): AsyncIterableIterator<E> {
    let over = false;
    const end = async (): Promise<IteratorResult<E>> => {
      over = true;
      return { done: true, value: undefined };
    };
    return {
      [Symbol.asyncIterator]() {
        return this;
      },
      next: async () => {
        if (over) return end();
        const event = await this.#next();
        return event ? { done: false, value: event.value } : end();
      },
      return: async () => {
        if (!over) await this.#finish();
        return end();
      },
    };
  }

  async #next(): Promise<{ readonly value: E } | undefined> {
    // From now on the loop sets the pace.
    this.#driver = undefined;
    this.#waiting++;
    try {
      while (this.#events.length === 0 && !this.#ended) await this.#pull();
    } finally {
      this.#waiting--;
    }
    if (this.#events.length > 0) return { value: this.#events.shift() as E };
    if (this.#failure) throw this.#failure.error;
    return undefined;
  }

  /** Ends the work. Throws its error, unless the work had already ended. */
  async #finish(): Promise<void> {
    const before = this.#ended;
    this.stop();
    this.#driver = undefined;
    this.#waiting++;
    try {
      while (!this.#ended) await this.#pull();
    } finally {
      this.#waiting--;
    }
    this.#events.length = 0;
    if (this.#failure && !before) throw this.#failure.error;
  }

  async #drive(): Promise<void> {
    const self = {};
    this.#driver = self;
    // A loop may still begin in the same event-loop turn.
    await hostTurn();
    while (this.#driver === self && !this.#ended) await this.#pull();
    if (this.#driver === self) this.#driver = undefined;
  }

  /** Runs the work up to its next event or its end; concurrent callers share one promise. */
  #pull(): Promise<void> {
    this.#pulling ??= this.#pullOne().finally(() => {
      this.#pulling = undefined;
    });
    return this.#pulling;
  }

  async #pullOne(): Promise<void> {
    try {
      this.#work ??= this.begin();
      const next = await this.#work.next();
      if (!next.done) {
        this.#events.push(next.value);
        return;
      }
      this.#ended = true;
      this.#resolve(next.value);
    } catch (error) {
      this.#ended = true;
      this.#failure = { error };
      // No unhandled rejection if a loop receives the error, or nobody has read the promise.
      if (this.#waiting > 0 || !this.#taken) this.#result.catch(nothing);
      this.#reject(error);
    }
  }
}
