import { createSecretKey, type KeyObject } from 'node:crypto';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { readEvent, receive } from './receive.ts';
import type { GithubSource } from './schema.ts';
import { repositoryBases, repositoryKeysAt, repositoryUnder } from './urls.ts';

/** What a source can do beside taking deliveries, as far as it is configured. */
export interface GithubAbilities {
  /** How changes are confirmed; null = not at all. */
  readonly readBack: SourceAdapter['readBack'];
  /** What reads files. */
  readonly content?: SourceAdapter['content'] | undefined;
  /** What asks GitHub's own record of deliveries. */
  readonly missed?: SourceAdapter['missed'] | undefined;
  /** What tells commits what became of them. */
  readonly feedback?: SourceAdapter['feedback'] | undefined;
  /** What lists the members of teams. */
  readonly teams?: SourceAdapter['teams'] | undefined;
  /** What `headgate check` finds at it. */
  readonly check?: SourceAdapter['check'] | undefined;
}

/**
 * A `type: github` source.
 * @param secrets the webhook secrets that are live now; asked for each delivery
 */
export function createGithubAdapter(
  config: GithubSource,
  secrets: () => readonly Buffer[],
  { readBack, content, missed, feedback, teams, check }: GithubAbilities = { readBack: null },
): SourceAdapter {
  const bases = repositoryBases(config.url, config.aliases);
  const keys = keyCache();
  return {
    name: config.name,
    type: config.type,
    readBack,
    ...(content ? { content } : {}),
    ...(missed ? { missed } : {}),
    ...(feedback ? { feedback } : {}),
    ...(teams ? { teams } : {}),
    ...(check ? { check } : {}),
    receive: (request) => receive(request, secrets().map(keys)),
    read: readEvent,
    repositoryKeys: (repository) => repositoryKeysAt(bases, repository),
    repositoryAt: (url) => repositoryUnder(bases, url),
  };
}

/** Keys of secrets, as long as the secrets live: handing node:crypto the bytes each time takes longer than the HMAC of a push. */
function keyCache(): (secret: Buffer) => KeyObject {
  const keys = new WeakMap<Buffer, KeyObject>();
  return (secret) => {
    const key = keys.get(secret) ?? createSecretKey(secret);
    keys.set(secret, key);
    return key;
  };
}
