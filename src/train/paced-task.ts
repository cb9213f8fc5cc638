/**
 * A task that is followed in two ways: by a loop over its events, and by a promise of its result. One generator does the
 * work; a loop paces it, for it goes on when the next event is asked for, and where nobody loops the promise drives it.
 */
import { hostTurn } from "../host/turn.js";

const nothing = () => undefined;

export class PacedTask<E, R> {
  /** Events that no loop was given yet. */
  readonly #events: E[] = [];
  readonly #result: Promise<R>;
  #resolve: (result: R) => void = nothing;
  #reject: (error: unknown) => void = nothing;
  #ended = false;
  #failure: { readonly error: unknown } | undefined;
  #taken = false;
  /** Loops that wait for an event. */
  #waiting = 0;
  #pulling: Promise<void> | undefined;
  #driver: object | undefined;
  #work: AsyncGenerator<E, R> | undefined;

  /**
   * @param begin starts the work
   * @param stop asks it to end as soon as it can
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

  /** The result. Where no loop waits for an event, the work is done without one. */
  get done(): Promise<R> {
    this.#taken = true;
    if (!this.#ended && !this.#driver && this.#waiting === 0) void this.#drive();
    return this.#result;
  }

  /** A loop over the events; to break out of it ends the work. */
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
    // The loop sets the pace from here on.
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

  /** Ends the work. An error is thrown, unless it was thrown to a loop before. */
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
    // A loop may begin in the same turn in which the promise is taken.
    await hostTurn();
    while (this.#driver === self && !this.#ended) await this.#pull();
    if (this.#driver === self) this.#driver = undefined;
  }

  /** Works on to the next event, or to the end; whoever asks meanwhile waits for the same. */
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
      // Whoever is told by a loop need not listen to the promise as well.
      if (this.#waiting > 0 || !this.#taken) this.#result.catch(nothing);
      this.#reject(error);
    }
  }
}
