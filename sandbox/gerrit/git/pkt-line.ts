/** gitprotocol-common(5): four hex digits of length, then the bytes; `0000` flushes. */
export function pkt(content: Buffer | string): Buffer {
  const bytes = Buffer.from(content);
  return Buffer.concat([Buffer.from((bytes.byteLength + 4).toString(16).padStart(4, '0')), bytes]);
}

export const FLUSH = Buffer.from('0000');

/** Lines until the flush, and where what comes after it begins. @throws Error when the bytes are no pkt-lines */
export function readPkts(bytes: Buffer, start = 0): { readonly lines: readonly Buffer[]; readonly end: number } {
  const lines: Buffer[] = [];
  for (let at = start; at + 4 <= bytes.byteLength; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16);
    if (length === 0) return { lines, end: at + 4 };
    if (!(length >= 4) || at + length > bytes.byteLength) break;
    lines.push(bytes.subarray(at + 4, at + length));
    at += length;
  }
  throw new Error('the request is no list of pkt-lines');
}
