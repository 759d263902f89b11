import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { keysBelow, nameBelow } from '#core/repository-bases.ts';
import { basicChallenge } from './authenticate.ts';
import { readEvent, readingOf } from './read-event.ts';
import { webhookReceiver } from './receive.ts';
import type { GerritSource } from './schema.ts';
import { projectBases } from './urls.ts';

/** What a source can do beside taking deliveries, as far as it is configured. */
export interface GerritAbilities {
  /** How changes are confirmed; null = not at all. */
  readonly readBack: SourceAdapter['readBack'];
  readonly content?: SourceAdapter['content'] | undefined;
  readonly stream?: SourceAdapter['stream'] | undefined;
  readonly missed?: SourceAdapter['missed'] | undefined;
  readonly feedback?: SourceAdapter['feedback'] | undefined;
  readonly rights?: SourceAdapter['rights'] | undefined;
  readonly check?: SourceAdapter['check'] | undefined;
}

/**
 * A `type: gerrit` source.
 * @param secrets the webhook secrets that are live now; asked for each delivery
 */
export function createGerritAdapter(
  config: GerritSource,
  secrets: () => readonly Buffer[],
  { readBack, content, stream, missed, feedback, rights, check }: GerritAbilities,
): SourceAdapter {
  const bases = projectBases(config);
  return {
    name: config.name,
    type: config.type,
    readBack,
    votes: true,
    ...(content ? { content } : {}),
    ...(stream ? { stream } : {}),
    ...(missed ? { missed } : {}),
    ...(feedback ? { feedback } : {}),
    ...(rights ? { rights } : {}),
    ...(check ? { check } : {}),
    challenge: basicChallenge,
    takesPathSecret: true,
    receive: webhookReceiver(config.webhook, secrets),
    read: (_event, body) => readingOf(readEvent(body)),
    // Gerrit tells paths apart by case.
    repositoryKeys: (repository) => ({ keys: keysBelow(bases, repository), caseSensitive: true }),
    repositoryAt: (url) => nameBelow(bases, url),
  };
}
