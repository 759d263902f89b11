import type { Actor } from '#core/actor.ts';
import { parseJson } from '#core/json.ts';
import { limits } from '#core/limits.ts';
import { parsePayload } from '#core/payload.ts';
import { newsAt } from '../hint.ts';
import type { HgSender, Told } from '../sender.ts';
import { authenticate } from './authenticate.ts';
import { AnyPayload, Push } from './payload.ts';

const pushes: readonly string[] = ['push', 'tag_push'];

/**
 * Heptapod, a GitLab that holds Mercurial: its webhooks are GitLab's (docs.gitlab.com "Webhook events"), of a project or of the whole server ("system
 * hooks"), with nodes of Mercurial in fields of their own. It tells of each of its refs by itself, and does not send again by itself what was refused.
 */
export const heptapodSender: HgSender = {
  name: 'Heptapod',
  kept: ['content-type', 'user-agent', 'x-gitlab-event', 'x-gitlab-instance', 'x-gitlab-webhook-uuid', 'x-gitlab-event-uuid'],
  open(request, secrets, now) {
    const id = authenticate(request, secrets, now);
    return { body: request.body, ...(id === undefined ? {} : { id }) };
  },
  tells,
};

function tells(body: Uint8Array): Told {
  const json = parseJson(body, limits.http.jsonDepth);
  const { object_kind: kind, event_name: name } = parsePayload(AnyPayload, 'a webhook of Heptapod', json);
  const event = kind ?? name ?? 'unnamed';
  if (!pushes.includes(event)) return { event, ignored: `event ${event} moves no branch or tag` };
  const push = parsePayload(Push, `a ${event}`, json);
  const node = headOf(push);
  return {
    event,
    url: push.project.web_url,
    news: { ...newsAt(node, actorsOf(push)), brought: { first: null, heads: node === null ? [] : [node], bookmarks: {} } },
  };
}

/**
 * Where the push has left a branch of Mercurial. Of what moves nothing that is deployed (topics, further heads), or points at what anybody may have
 * brought (tags, bookmarks), it is not told: whoever sent that has not brought the changeset that it leads to.
 */
function headOf({ ref, after, hg_after: node }: Push): string | null {
  return ref.startsWith('refs/heads/branch/') ? (node ?? after) : null;
}

/** The number of the account: names can be changed, and taken over by somebody else. */
function actorsOf({ user_id: id, user_username: name }: Push): readonly Actor[] {
  if (!id) return [];
  return [{ role: 'pusher', account: String(id), name: name ?? String(id), kind: 'unknown' }];
}
