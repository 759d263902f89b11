/**
 * All that a stream carries. Leaving it early destroys it.
 * @param most bytes
 * @param tooLarge what is thrown where it carries more
 */
export async function collectBytes(
  stream: AsyncIterable<unknown>,
  most: number,
  tooLarge: () => Error = () => new Error(`the answer is larger than ${most} bytes`),
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > most) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}
