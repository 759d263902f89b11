import type { Check, Finding } from '#core/finding.ts';
import type { Checkpoints } from '#core/ports/checkpoints.ts';
import type { Inventory } from '#core/ports/clusters.ts';
import type { Archive } from '#core/ports/journal.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import type { Footprint } from '#core/target.ts';
import { loginChecks, type LoginCheckConfig, type LookedAtIssuer } from './login.ts';
import { localChecks, type LocalConfig } from './local.ts';
import { runChecks, sharedChecks } from './run-checks.ts';
import { serverChecks, type ServerChecksDeps } from './server-checks.ts';
import { policiesCheck } from './policies.ts';
import { tellSecretsCheck, type Telling } from './tell-secrets.ts';
import { rateChecks } from './rates.ts';
import { recordsCheck } from './records.ts';
import { sinksCheck } from './sinks.ts';
import { publicationChecks } from './publications.ts';
import { senderChecks, type SenderCheckConfig } from './senders.ts';
import { lastReceived, onlyAbout, sourceChecks } from './sources.ts';
import { streamChecks } from './streams.ts';

export interface RunningChecksDeps extends ServerChecksDeps {
  readonly config: ServerChecksDeps['config'] & LocalConfig & LoginCheckConfig & SenderCheckConfig & { readonly tell: readonly Telling[] };
  readonly env: Parameters<typeof tellSecretsCheck>[2];
  readonly policies: Parameters<typeof policiesCheck>[0];
  readonly troubles: Parameters<typeof policiesCheck>[2];
  /** Ids of a source's own groups that policies name. */
  readonly namedGroups: (source: string) => readonly string[];
  readonly journal: ServerChecksDeps['journal'] & Pick<Archive, 'deliveries'>;
  readonly checkpoints: Checkpoints;
  /** Of what moves, in words, each namespace that no policy is about. */
  readonly uncovered: (footprint: Footprint) => readonly string[];
  readonly inventory: Pick<Inventory, 'health' | 'sources' | 'footprint'>;
  readonly adapters: ReadonlyMap<string, SourceAdapter>;
  readonly clusterChecks: readonly Check[];
  readonly identity: { readonly login: LookedAtIssuer | null } | null;
  /** Of Postgres and Redis, where they are used. */
  readonly stores: readonly Check[];
  readonly sinks: Parameters<typeof sinksCheck>[0];
  readonly rates: Parameters<typeof rateChecks>[1];
}

/** All that `headgate check` asks a server, or what is about one source. It rejects with SOURCE_UNKNOWN, and otherwise not. */
export function runningChecks(deps: RunningChecksDeps): (source?: string) => Promise<readonly Finding[]> {
  const { config, clock, journal, inventory, adapters, clusterChecks, sinks, policies, env } = deps;
  const live = [
    ...serverChecks(deps),
    ...deps.stores,
    recordsCheck(deps.checkpoints, clock),
    policiesCheck(policies, clock, deps.troubles),
    sinksCheck(sinks, clock),
    tellSecretsCheck(config.tell, clock, env),
    ...streamChecks(adapters.values(), clock),
    ...rateChecks(adapters.keys(), deps.rates, clock),
    ...loginChecks(config, deps.identity?.login ?? null, clock, env),
    ...senderChecks(config),
  ];
  const objects = () => Promise.resolve(inventory.sources());
  const sources = sourceChecks(adapters.values(), objects, lastReceived(journal), deps.namedGroups);
  const published = publicationChecks(adapters.values(), objects, (object) => Promise.resolve(deps.uncovered(inventory.footprint(object))));
  const checks = [...live, ...localChecks(config, clock), ...clusterChecks, ...sources, ...published];
  const all = sharedChecks(checks, clock);
  return async (source) => (source === undefined ? all() : runChecks(onlyAbout(checks, source), clock));
}
