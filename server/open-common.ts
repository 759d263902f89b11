import { Announcer } from '#core/announcements.ts';
import { RangeMemory } from '#handlers/range-memory.ts';
import { SeenHeads } from '#handlers/seen-heads.ts';
import { TargetEventWriter } from '#handlers/target-events.ts';
import { Signatures } from '#identity/signatures/signatures.ts';
import type { PolicySet } from '#policy/documents.ts';
import { policiesIn } from '#policy/watch-policies.ts';
import { openQueue } from '#server/open-queue.ts';
import type { Parts } from '#server/open-parts.ts';

/** What every process of a server has, whether it leads or not. */
export type Common = Awaited<ReturnType<typeof openCommon>>;

/** Composes what handlers share. Nothing of it runs yet. @throws HeadgateError SECRET_UNAVAILABLE */
export async function openCommon({ config, clock, log, metrics, journal, adapters, clusters, policies, bridge, secret }: Parts) {
  const { inventory, actuator, observer, authority } = clusters;
  const inForce = (): PolicySet => policiesIn(policies);
  return {
    ...{ clock, log, metrics, journal, adapters, inventory, authority, actuator, observer },
    policies: inForce,
    announcer: new Announcer(bridge),
    queue: await openQueue(config.queue, { clock, log, journal, secret }),
    signatures: new Signatures(() => inForce().people.keys),
    remembered: new RangeMemory(),
    seen: new SeenHeads(clock),
    events: new TargetEventWriter({ actuator, clock, log }),
  };
}
