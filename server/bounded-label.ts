/** Keeps a label whose values others choose from growing without bound: values past the first `most` become `other`. */
export class BoundedLabel {
  readonly #most: number;
  readonly #seen = new Set<string>();

  constructor(most: number) {
    this.#most = most;
  }

  of(value: string): string {
    if (this.#seen.has(value)) return value;
    if (this.#seen.size >= this.#most) return 'other';
    this.#seen.add(value);
    return value;
  }
}
