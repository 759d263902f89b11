import type { Actor } from '#core/actor.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { parsePayload } from '#core/payload.ts';
import type { InboundRequest } from '#core/ports/source-adapter.ts';
import { requireLive, shownPassword, type ShownSecret } from '#core/shown-secret.ts';
import { newsAt } from '../hint.ts';
import type { HgSender, Opened, Told } from '../sender.ts';
import { AnyEvent, Envelope, Push } from './payload.ts';

/** The account of whoever is not logged in (RhodeCode's `User.DEFAULT_USER`). */
const ANYBODY = 'default';

/**
 * RhodeCode, by an integration of the type "Webhook": `{ token, event }`, sent up to four times while the answer is a 500, 502, 503 or 504, and
 * otherwise once. It has no id.
 */
export const rhodecodeSender: HgSender = { name: 'RhodeCode', kept: ['content-type', 'user-agent'], open, tells };

/**
 * The secret is in the body, or the password of Basic credentials, as RhodeCode's settings say. What is kept of the body is without it, and is what the
 * message goes by: each holds the moment of its event.
 */
function open({ headers, body }: InboundRequest, secrets: readonly Buffer[]): Opened {
  const { token, ...kept } = parsePayload(Envelope, 'a webhook of RhodeCode', parseJson(body, limits.http.jsonDepth));
  const inBody: readonly ShownSecret[] = token ? [{ where: 'in the body', secret: Buffer.from(token, 'utf8') }] : [];
  requireLive([...shownPassword(headers), ...inBody], secrets, 'no token in the body, and no Basic credentials');
  return { body: Buffer.from(JSON.stringify(kept), 'utf8') };
}

function tells(body: Uint8Array): Told {
  const json = parseJson(body, limits.http.jsonDepth);
  const { name: event, repo } = parsePayload(AnyEvent, 'a webhook of RhodeCode', json).event;
  if (event !== 'repo-push') return { event, ignored: `event ${event} is no push` };
  if (repo && repo.repo_type !== 'hg') return { event, ignored: `a repository of type ${repo.repo_type} is none of Mercurial` };
  const push = parsePayload(Push, 'a push', json).event;
  return { event, url: push.repo.url, news: newsOf(push) };
}

/** The last changeset of each branch is the newest head of it that came. */
function newsOf({ actor, push: { commits } }: Push['event']): ReturnType<typeof newsAt> {
  const last = new Map(commits.map(({ branch, raw_id: node }) => [branch, node]));
  const heads = [...last.values()].slice(0, limits.hgHook.heads);
  return {
    ...newsAt(commits.at(-1)?.raw_id ?? null, actorsOf(actor)),
    brought: { first: commits[0]?.raw_id ?? null, heads, bookmarks: {} },
  };
}

/** The number of the account: an administrator may give its name to somebody else. */
function actorsOf(actor: Push['event']['actor']): readonly Actor[] {
  if (!actor) return [];
  const { user_id: id, username: name } = actor;
  return [{ role: 'pusher', account: typeof id === 'number' && name !== ANYBODY ? String(id) : null, name, kind: 'unknown' }];
}
