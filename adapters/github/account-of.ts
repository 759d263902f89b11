import type { Account } from '#core/account.ts';
import type { ActorKind } from '#core/person.ts';
import type { User } from './api-answers.ts';

/**
 * What GitHub says of whoever is behind an account (`simple-user.type`). An organisation, or a mannequin that an import left in somebody's
 * place (docs.github.com "Reclaiming mannequins for GitHub Enterprise Importer"), is nobody who could have looked at anything.
 */
const kinds: Readonly<Record<string, ActorKind>> = { User: 'human', Bot: 'bot' };

export function accountOf(user: User | null): Account | null {
  return user && { account: String(user.id), name: user.login, kind: kinds[user.type ?? ''] ?? 'unknown' };
}
