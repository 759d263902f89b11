/** Reads binary formats from front to back. What lies behind the end is an error of the format, never undefined. */
export class ByteReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** @throws RangeError when there are not so many bytes left */
  take(length: number): Buffer {
    if (length > this.left) throw new RangeError(`it ends ${length - this.left} bytes too early`);
    this.#at += length;
    return this.#bytes.subarray(this.#at - length, this.#at);
  }

  /** Big-endian, of 1 to 4 bytes. @throws RangeError */
  number(length: 1 | 2 | 4): number {
    return this.take(length).readUIntBE(0, length);
  }

  /** A `string` of RFC 4251 section 5: its length in four bytes, then its bytes. @throws RangeError */
  string(): Buffer {
    return this.take(this.number(4));
  }

  /** @throws RangeError when anything is left */
  end(): void {
    if (this.left > 0) throw new RangeError(`${this.left} bytes follow its end`);
  }
}
