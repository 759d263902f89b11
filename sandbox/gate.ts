/** Lets callers through while it is open and keeps them waiting while it is closed. */
export class Gate {
  #opened: Promise<void> = Promise.resolve();
  #open: (() => void) | undefined;

  get closed(): boolean {
    return this.#open !== undefined;
  }

  close(): void {
    if (this.#open !== undefined) return;
    this.#opened = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  open(): void {
    this.#open?.();
    this.#open = undefined;
  }

  /** Resolves as soon as the gate is open. */
  async pass(): Promise<void> {
    while (this.closed) await this.#opened;
  }
}
