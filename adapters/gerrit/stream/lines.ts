import { limits } from '#core/limits.ts';

/** Who takes what comes of a stream of bytes. */
export interface LineTaker {
  /** One line, without its end. The bytes are the taker's to keep. */
  line(bytes: Buffer): void;
  /** A line was longer than allowed: all of it is left out, and reading goes on with the next one. */
  tooLong(): void;
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/**
 * Makes lines of bytes that come in any pieces: a piece may end within a line and within a character. Bytes are not decoded here, because a
 * character that is cut in two decodes to two wrong ones. Each byte is looked at once and copied at most once; empty lines are left out.
 */
export class LineSplitter {
  readonly #taker: LineTaker;
  readonly #maxBytes: number;
  /** The beginning of a line whose end has not come yet. */
  #pieces: Buffer[] = [];
  #held = 0;
  /** Within a line that is too long. */
  #skipping = false;

  constructor(taker: LineTaker, maxBytes: number = limits.eventStream.lineBytes) {
    this.#taker = taker;
    this.#maxBytes = maxBytes;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      this.#take(chunk.subarray(start, end));
      this.#endLine();
      start = end + 1;
    }
    this.#take(chunk.subarray(start));
  }

  #take(piece: Buffer): void {
    if (this.#skipping || piece.length === 0) return;
    this.#held += piece.length;
    if (this.#held <= this.#maxBytes) this.#pieces.push(piece);
    else this.#skip();
  }

  #skip(): void {
    this.#skipping = true;
    this.#pieces = [];
    this.#taker.tooLong();
  }

  #endLine(): void {
    const [pieces, skipped] = [this.#pieces, this.#skipping];
    [this.#pieces, this.#held, this.#skipping] = [[], 0, false];
    if (skipped) return;
    const whole = Buffer.concat(pieces); // a copy: what is kept of a small line must not keep the whole chunk
    const line = whole.at(-1) === carriageReturn ? whole.subarray(0, -1) : whole;
    if (line.length > 0) this.#taker.line(line);
  }
}
