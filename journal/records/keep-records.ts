import { every } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import { CheckpointWriter, type CheckpointWriterOptions } from '#journal/records/checkpoint-writer.ts';
import { openSigningKey } from '#journal/records/signing-key.ts';

/** Puts on record what the server itself does. Does not reject. */
export interface Keeper {
  look(): Promise<void>;
  stop(): Promise<void>;
}

export interface RecordsKept extends Omit<CheckpointWriterOptions, 'signer'> {
  /** File of the key that signs. */
  readonly key: string;
  readonly keeper: Keeper;
}

/**
 * Keeps the chain and its checkpoints up to date until `stopping` is disposed; the last checkpoint stands for the last record then.
 * @throws HeadgateError SECRET_UNAVAILABLE
 */
export async function keepRecords({ key, keeper, ...options }: RecordsKept, stopping: AsyncDisposableStack): Promise<Checkpoints> {
  const checkpoints = new CheckpointWriter({ ...options, signer: await openSigningKey(key) });
  await keeper.look();
  stopping.defer(() => checkpoints.finish());
  stopping.defer(() => keeper.stop());
  stopping.defer(
    every(options.clock, limits.records.poll, async () => {
      await keeper.look();
      await checkpoints.look();
    }),
  );
  return checkpoints;
}
