/** Runs work one at a time per key, and at most `concurrency` at once over all keys, in the order of arrival. */
export class KeyedLimiter {
  readonly #concurrency: number;
  readonly #waiting: { readonly key: string; readonly start: () => void }[] = [];
  readonly #busy = new Set<string>();

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  run<T>(key: string, work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        this.#busy.add(key);
        work()
          .then(resolve, reject)
          .finally(() => {
            this.#busy.delete(key);
            this.#next();
          });
      };
      this.#waiting.push({ key, start });
      this.#next();
    });
  }

  /** Starts everything that may start: keys that are busy are passed over, not waited for. */
  #next(): void {
    for (let index = 0; index < this.#waiting.length && this.#busy.size < this.#concurrency; ) {
      const entry = this.#waiting[index];
      if (!entry || this.#busy.has(entry.key)) index++;
      else {
        this.#waiting.splice(index, 1);
        entry.start();
      }
    }
  }
}
