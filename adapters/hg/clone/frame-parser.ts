import { limits } from '#core/limits.ts';

/** What a command server says. Output and errors come in pieces: a frame may be cut anywhere. */
export type Frame =
  | { readonly kind: 'output' | 'error'; readonly data: Buffer /** Whether its frame ends here. */; readonly last: boolean }
  | { readonly kind: 'result'; readonly code: number }
  /** It asks for input, or for a line of it. */
  | { readonly kind: 'input' };

const HEAD_BYTES = 5;
const RESULT_BYTES = 4;

/**
 * Takes the output of `hg serve --cmdserver pipe` apart: one byte for the channel, the length as uint32 BE, the data
 * (mercurial/commandserver.py, channeledoutput). Pure: holds at most one head and one result.
 */
export class FrameParser {
  #head: Buffer = Buffer.alloc(0);
  #channel = '';
  #left = 0;
  #result: Buffer = Buffer.alloc(0);

  /** @throws Error for what no command server says: an upper-case channel that must be understood and is not, or a result of another length */
  push(chunk: Buffer): readonly Frame[] {
    const frames: Frame[] = [];
    let rest = chunk;
    while (rest.byteLength > 0) rest = this.#channel === '' ? this.#takeHead(rest, frames) : this.#takeBody(rest, frames);
    return frames;
  }

  #takeHead(chunk: Buffer, frames: Frame[]): Buffer {
    const wanted = HEAD_BYTES - this.#head.byteLength;
    this.#head = Buffer.concat([this.#head, chunk.subarray(0, wanted)]);
    if (this.#head.byteLength === HEAD_BYTES) this.#begin(this.#head.toString('latin1', 0, 1), this.#head.readUInt32BE(1), frames);
    return chunk.subarray(wanted);
  }

  #begin(channel: string, length: number, frames: Frame[]): void {
    this.#head = Buffer.alloc(0);
    // The length of a request for input is how much is wanted: no data follows.
    if (channel === 'I' || channel === 'L') return void frames.push({ kind: 'input' });
    if (!/[a-z]/.test(channel))
      throw new Error(`the command server speaks on channel ${JSON.stringify(channel)}, which nobody understands`);
    if (length > limits.hgClone.frameBytes) throw new Error('what answers is no command server');
    if (channel === 'r' && length !== RESULT_BYTES) throw new Error(`the command server gives a result of ${length} bytes`);
    if (length === 0) return this.#empty(channel, frames);
    this.#channel = channel;
    this.#left = length;
  }

  #empty(channel: string, frames: Frame[]): void {
    const kind = kindOf(channel);
    if (kind) frames.push({ kind, data: Buffer.alloc(0), last: true });
  }

  #takeBody(chunk: Buffer, frames: Frame[]): Buffer {
    const data = chunk.subarray(0, this.#left);
    this.#left -= data.byteLength;
    const kind = kindOf(this.#channel);
    if (kind) frames.push({ kind, data, last: this.#left === 0 });
    else if (this.#channel === 'r') this.#result = Buffer.concat([this.#result, data]);
    if (this.#left === 0) this.#finish(frames);
    return chunk.subarray(data.byteLength);
  }

  #finish(frames: Frame[]): void {
    if (this.#channel === 'r') frames.push({ kind: 'result', code: this.#result.readInt32BE(0) });
    this.#result = Buffer.alloc(0);
    this.#channel = '';
  }
}

/** Other lower-case channels (`d` of debugging, ones to come) may be ignored. */
function kindOf(channel: string): 'output' | 'error' | undefined {
  return channel === 'o' ? 'output' : channel === 'e' ? 'error' : undefined;
}

/** A request to run a command. @throws Error for an argument with a NUL, which would be two */
export function commandRequest(args: readonly string[]): Buffer {
  if (args.some((arg) => arg.includes('\0'))) throw new Error('an argument of hg has no NUL');
  const data = Buffer.from(args.join('\0'), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.byteLength);
  return Buffer.concat([Buffer.from('runcommand\n', 'latin1'), length, data]);
}

/** The answer to a request for input: there is none. */
export const noInput: Buffer = Buffer.alloc(4);
