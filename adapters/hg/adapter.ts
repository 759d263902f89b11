import type { Clock } from '#core/clock.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { nameBelow } from '#core/repository-bases.ts';
import { authenticate } from './authenticate.ts';
import { hookReceiver, readHook } from './receive.ts';
import { createHgrcRights } from './rights/source-rights.ts';
import type { HgSource } from './schema.ts';
import { hgBases, hgKeysAt } from './urls.ts';

/** What a source can do beside taking deliveries, as far as it is configured. */
export interface HgAbilities {
  readonly clock: Pick<Clock, 'now'>;
  /** How changes are confirmed: always. */
  readonly readBack: NonNullable<SourceAdapter['readBack']>;
  readonly content: NonNullable<SourceAdapter['content']>;
  readonly publisher?: SourceAdapter['publisher'] | undefined;
  readonly check?: SourceAdapter['check'] | undefined;
}

/**
 * A `type: hg` source.
 * @param secrets the secrets of its hooks that are live now; asked for each delivery
 */
export function createHgAdapter(
  config: HgSource,
  secrets: () => readonly Buffer[],
  { clock, readBack, content, publisher, check }: HgAbilities,
): SourceAdapter {
  const bases = hgBases(config);
  const repositoryAt = (url: string): string | undefined => nameBelow(bases, url);
  return {
    name: config.name,
    type: config.type,
    readBack,
    content,
    ...(publisher ? { publisher } : {}),
    ...(config.rights ? { rights: createHgrcRights(config.rights) } : {}),
    ...(check ? { check } : {}),
    authenticate: ({ headers, body }) => void authenticate({ headers, body }, secrets(), clock.now()),
    receive: hookReceiver({ webhook: config.webhook, repositoryAt, clock }, secrets),
    read: (_event, body) => readHook(body, repositoryAt),
    repositoryKeys: (repository) => hgKeysAt(bases, publisher?.publications ?? [], repository),
    repositoryAt,
  };
}
