interface Waiting {
  readonly done: Promise<void>;
  begun: boolean;
}

/**
 * One task at a time for each key. Whoever asks while one waits to begin shares it; while one runs, a further one is lined up: what it finds is
 * never older than the question.
 */
export class Refreshes {
  readonly #last = new Map<string, Waiting>();

  run(key: string, task: () => Promise<void>): Promise<void> {
    const last = this.#last.get(key);
    if (last && !last.begun) return last.done;
    const before = last?.done.catch(() => {}) ?? Promise.resolve();
    const waiting: Waiting = {
      begun: false,
      done: before.then(() => {
        waiting.begun = true;
        return task();
      }),
    };
    this.#last.set(key, waiting);
    const forget = (): void => {
      if (this.#last.get(key) === waiting) this.#last.delete(key);
    };
    waiting.done.then(forget, forget);
    return waiting.done;
  }

  /** Resolves once what runs or waits has ended, however. */
  async underway(key: string): Promise<void> {
    await this.#last.get(key)?.done.catch(() => {});
  }
}
