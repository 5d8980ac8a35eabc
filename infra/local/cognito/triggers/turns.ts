/**
 * One operation at a time, as if the pool were a single row: what is checked before a password is hashed still holds
 * when the user is written after it.
 */
export class Turns {
  #last: Promise<void> = Promise.resolve();
  #leave: () => void = () => undefined;

  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  /** Lets others go first while the operation whose turn it is waits for a function, which may call the pool itself. */
  async pause<T>(task: () => Promise<T>): Promise<T> {
    this.#leave();
    try {
      return await task();
    } finally {
      await this.#take();
    }
  }

  async #take(): Promise<void> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#last = promise;
    await before;
    this.#leave = resolve;
  }
}
