import { createSecretKey, type KeyObject } from 'node:crypto';
import type { ReadBack } from '#core/ports/read-back.ts';
import type { SourceAdapter } from '#core/ports/source-adapter.ts';
import { readEvent, receive } from './receive.ts';
import type { GithubSource } from './schema.ts';
import { repositoryBases, repositoryKeysAt, repositoryUnder } from './urls.ts';

/**
 * A `type: github` source.
 * @param secrets the webhook secrets that are live now; asked for each delivery
 * @param readBack how changes are confirmed; null = not at all
 * @param missed what asks GitHub's own record of deliveries, where there are credentials for it
 */
export function createGithubAdapter(
  config: GithubSource,
  secrets: () => readonly Buffer[],
  readBack: ReadBack | null = null,
  missed?: SourceAdapter['missed'],
): SourceAdapter {
  const bases = repositoryBases(config.url, config.aliases);
  const keys = keyCache();
  return {
    name: config.name,
    type: config.type,
    readBack,
    ...(missed ? { missed } : {}),
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
