import type { Announcer } from '#core/announcements.ts';
import { every } from '#core/clock.ts';
import { messageOf } from '#core/errors.ts';
import { limits } from '#core/limits.ts';
import { AppliedHandler, type AppliedDeps } from '#handlers/applied.ts';
import { ClusterSight, type ClusterSightDeps } from '#handlers/cluster-sight.ts';
import { RecordFeed } from '#handlers/record-feed.ts';

export interface WitnessDeps extends AppliedDeps, Omit<ClusterSightDeps, 'onSight'> {
  readonly announcer: Announcer;
  readonly journal: AppliedDeps['journal'] & ClusterSightDeps['journal'] & ConstructorParameters<typeof RecordFeed>[0]['journal'];
  readonly inventory: AppliedDeps['inventory'] & ClusterSightDeps['inventory'];
}

/** Puts on record what targets run without a decision, and when nobody looked, until `stopping` is disposed; tells those who watch the records. */
export async function bearWitness(deps: WitnessDeps, stopping: AsyncDisposableStack): Promise<void> {
  const applied = new AppliedHandler(deps);
  const sight = new ClusterSight({ ...deps, onSight: (cluster) => applied.scan(cluster) });
  const feed = new RecordFeed(deps);
  const attempt = async (task: () => Promise<void>): Promise<void> => {
    try {
      await task();
    } catch (error) {
      deps.log.warn('what happens in clusters could not be put on record, will retry', { error: messageOf(error) });
    }
  };
  await sight.start();
  await applied.start();
  stopping.defer(() => attempt(() => sight.stop()));
  stopping.defer(() => applied.stop());
  stopping.defer(
    every(deps.clock, limits.records.poll, () =>
      attempt(async () => {
        await sight.look();
        await applied.judge();
        await feed.look();
      }),
    ),
  );
}
