import { open, type FileHandle } from 'node:fs/promises';
import type { Clock } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import type { CheckpointHealth, Checkpoints } from '#core/ports/checkpoints.ts';
import type { ChainHead, Records } from '#core/ports/records.ts';
import type { Log } from '#core/ports/telemetry.ts';
import { readCheckpoints, signCheckpoint } from '#journal/records/checkpoint.ts';
import type { NoteSigner } from '#journal/records/signed-note.ts';

export interface CheckpointWriterOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly journal: Pick<Records, 'chainHead' | 'record'>;
  readonly signer: NoteSigner;
  /** Where checkpoints are added, each with fsync. */
  readonly file: string;
  /** At the latest this long after a record, milliseconds. */
  readonly every: number;
  /** At the latest after so many records. */
  readonly records: number;
}

/**
 * Signs the head of the chain from time to time. What cannot be written is tried again at the next look. It signs nothing that does not
 * continue what it has signed before (C2SP tlog-checkpoint, "Signatures"): a chain that was cut or rewritten does not get a new signature.
 */
export class CheckpointWriter implements Checkpoints {
  readonly #options: CheckpointWriterOptions;
  /** What was signed last; undefined until the file has been read. */
  #signed: ChainHead | undefined;
  /** When there was first something to sign, monotonic. */
  #waitsSince: number | undefined;
  #trouble: CheckpointHealth['trouble'] = null;

  constructor(options: CheckpointWriterOptions) {
    this.#options = options;
  }

  /** Writes a checkpoint if it is time for one. Does not reject. */
  look(): Promise<void> {
    return this.#try(({ seq }, signed) => {
      const now = this.#options.clock.monotonic();
      this.#waitsSince ??= now;
      return seq - signed.seq >= this.#options.records || now - this.#waitsSince >= this.#options.every;
    });
  }

  /** Writes a checkpoint of whatever none stands for yet. Does not reject. */
  finish(): Promise<void> {
    return this.#try(() => true);
  }

  /** What the last checkpoint stands for; undefined until the file has been read. */
  signed(): ChainHead | undefined {
    return this.#signed;
  }

  health(): CheckpointHealth {
    return { size: this.#signed?.seq ?? 0, trouble: this.#trouble };
  }

  async #try(isTime: (head: ChainHead, signed: ChainHead) => boolean): Promise<void> {
    try {
      const head = await this.#options.journal.chainHead();
      const signed = (this.#signed ??= await this.#lastSigned(head));
      if (head.seq > signed.seq && isTime(head, signed)) await this.#write(head);
      this.#works();
    } catch (error) {
      this.#fails(messageOf(error));
    }
  }

  async #write(head: ChainHead): Promise<void> {
    const { file, signer } = this.#options;
    await using handle = await open(file, 'a', 0o644);
    // What a crash has torn is closed by an empty line, so that it does not run into this one.
    await handle.appendFile(`${await endsWithin(file)}${signCheckpoint(head, signer)}\n`);
    await handle.datasync();
    this.#signed = head;
    this.#waitsSince = undefined;
  }

  async #lastSigned(head: ChainHead): Promise<ChainHead> {
    const { file, signer, journal } = this.#options;
    const { anchors } = readCheckpoints(await tailOf(file), signer);
    const last = anchors.at(-1);
    if (!last) return { seq: 0, hash: '' };
    const there = last.seq === head.seq ? head : await journal.record(String(last.seq));
    if (there?.hash !== last.hash)
      throw new Error(`the chain does not continue the last checkpoint in ${file}, of ${last.seq} records: run \`headgate audit verify\``);
    return last;
  }

  #works(): void {
    if (this.#trouble !== null) this.#options.log.info('checkpoints are written again');
    this.#trouble = null;
  }

  #fails(message: string): void {
    if (this.#trouble?.message !== message) this.#options.log.error('no checkpoint can be written, will retry', { error: message });
    this.#trouble = { message, beganAt: this.#trouble?.beganAt ?? this.#options.clock.now() };
  }
}

/** The end of the file; empty when there is none. It may begin within a note, which then counts as unsigned. */
async function tailOf(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, 'r');
    const { size } = await handle.stat();
    const length = Math.min(size, limits.records.checkpointTail);
    const { buffer } = await handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  } finally {
    await handle?.close();
  }
}

async function endsWithin(file: string): Promise<string> {
  const tail = await tailOf(file);
  return tail === '' || tail.endsWith('\n\n') ? '' : '\n\n';
}
