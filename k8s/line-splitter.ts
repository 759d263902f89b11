const NEWLINE = 0x0a;

/** Cuts a byte stream into lines. Works on bytes, so that a chunk may end anywhere, inside a character too. */
export class LineSplitter {
  readonly #bound: number;
  #parts: Buffer[] = [];
  #length = 0;

  /** @param bound longest line, bytes */
  constructor(bound: number) {
    this.#bound = bound;
  }

  /**
   * @returns the lines that this chunk completes, empty ones left out
   * @throws Error when a line is longer than the bound
   */
  push(chunk: Buffer): readonly string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#keep(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
    return lines.filter((line) => line.trim() !== '');
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.#bound) throw new Error(`a line is longer than ${this.#bound} bytes`);
    if (part.length > 0) this.#parts.push(part);
  }

  #take(): string {
    const line = Buffer.concat(this.#parts).toString('utf8');
    this.#parts = [];
    this.#length = 0;
    return line;
  }
}
