import type { Clock } from '#core/clock.ts';
import type { InboundRequest, SourceAdapter } from '#core/ports/source-adapter.ts';
import { nameBelow } from '#core/repository-bases.ts';
import { heptapodSender } from './heptapod/sender.ts';
import { hookSender } from './hook-sender.ts';
import { hgReceiver, readHg } from './receive.ts';
import { rhodecodeSender } from './rhodecode/sender.ts';
import { createHgrcRights } from './rights/source-rights.ts';
import { unaskedRights } from './rights/unasked-rights.ts';
import type { HgSource } from './schema.ts';
import type { HgSender } from './sender.ts';
import { sendersAmong } from './token-senders.ts';
import { hgBases, hgKeysAt } from './urls.ts';

/** All that tells the types apart. */
const senders: Readonly<Record<HgSource['type'], HgSender>> = { hg: hookSender, heptapod: heptapodSender, rhodecode: rhodecodeSender };

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
 * A source of repositories of Mercurial.
 * @param secrets the secrets of its hooks that are live now; asked for each delivery
 */
export function createHgAdapter(
  config: HgSource,
  secrets: () => readonly Buffer[],
  { clock, readBack, content, publisher, check }: HgAbilities,
): SourceAdapter {
  const sender = senders[config.type];
  const { authenticate } = sender;
  const bases = hgBases(config);
  const repositoryAt = (url: string): string | undefined => nameBelow(bases, url);
  return {
    name: config.name,
    type: config.type,
    readBack,
    content,
    ...(publisher ? { publisher } : {}),
    ...rightsOf(config),
    ...(check ? { check } : {}),
    ...(authenticate ? { authenticate: (request: InboundRequest) => authenticate(request, secrets(), clock.now()) } : {}),
    ...(config.webhook && config.webhook.tokens.length > 0 ? { isSender: sendersAmong(config.webhook.tokens) } : {}),
    receive: hgReceiver({ sender, webhook: config.webhook, repositoryAt, clock }, secrets),
    read: (_event, body) => readHg(sender, body, repositoryAt),
    repositoryKeys: (repository) => hgKeysAt(bases, publisher?.publications ?? [], repository),
    repositoryAt,
  };
}

/** Files of hgweb, where they are named; nothing is known of an hgweb elsewhere. */
function rightsOf({ type, rights }: HgSource): Pick<SourceAdapter, 'rights'> {
  if (rights) return { rights: createHgrcRights(rights) };
  return type === 'hg' ? {} : { rights: unaskedRights(type) };
}
