import { every } from '#core/clock.ts';
import { limits } from '#core/limits.ts';
import type { CheckpointAnchor } from '#core/ports/checkpoint-anchor.ts';
import type { CheckpointHealth, Checkpoints } from '#core/ports/checkpoints.ts';
import { AnchorPublisher } from '#journal/records/anchor-publisher.ts';
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
  /** Who gets each checkpoint beside the file. */
  readonly anchors: readonly CheckpointAnchor[];
}

/**
 * Keeps the chain and its checkpoints up to date until `stopping` is disposed; the last checkpoint stands for the last record then.
 * @throws HeadgateError SECRET_UNAVAILABLE
 */
export async function keepRecords({ key, keeper, anchors, ...options }: RecordsKept, stopping: AsyncDisposableStack): Promise<Checkpoints> {
  const { clock, log } = options;
  const signer = await openSigningKey(key);
  const checkpoints = new CheckpointWriter({ ...options, signer });
  const publishers = anchors.map((anchor) => new AnchorPublisher({ clock, log, signer, anchor, signed: () => checkpoints.signed() }));
  await keeper.look();
  stopping.defer(async () => {
    await checkpoints.finish();
    await Promise.all(publishers.map((publisher) => publisher.look()));
  });
  stopping.defer(() => keeper.stop());
  for (const publisher of publishers) stopping.defer(every(clock, limits.records.poll, () => publisher.look()));
  stopping.defer(
    every(clock, limits.records.poll, async () => {
      await keeper.look();
      await checkpoints.look();
    }),
  );
  return { health: () => healthOf(checkpoints, publishers) };
}

/** The file's trouble comes first: what is not in it goes to nobody. */
function healthOf(checkpoints: CheckpointWriter, publishers: readonly AnchorPublisher[]): CheckpointHealth {
  const { size, trouble } = checkpoints.health();
  const ofAnchors = publishers.map((publisher) => publisher.trouble()).find((one) => one !== null);
  return { size, trouble: trouble ?? ofAnchors ?? null };
}
