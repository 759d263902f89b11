import { isLoopback } from '#config/network.ts';
import { finding, type Finding } from '#core/finding.ts';
import { query } from '../rest/paths.ts';
import { Remotes, type Remote } from './answers.ts';
import type { GerritQuestion } from './question.ts';

interface Found extends Remote {
  /** Name and project; never its address, which holds the secret. */
  readonly name: string;
}

/**
 * Whether remotes of the webhooks plugin lead here: of All-Projects, from which others inherit, or of each followed project.
 * @throws HeadgateError SOURCE_…
 */
export async function checkWebhooks(question: GerritQuestion, seen: readonly string[]): Promise<readonly Finding[]> {
  const { about, source } = question;
  if (source.webhook === undefined) return [];
  const places = ['All-Projects', ...seen];
  const listed = await Promise.all(places.map(async (project) => ({ project, remotes: await remotesOf(question, project) })));
  const ours = listed.flatMap(({ remotes }) => remotes ?? []);
  if (ours.length > 0) return ours.flatMap((remote) => remoteFindings(about, remote));
  const unread = listed.flatMap(({ project, remotes }) => (remotes === undefined ? [project] : []));
  if (unread.length > 0)
    return [finding('SOURCE_WEBHOOK', about, 'unknown', `webhooks may not be read of ${unread.join(', ')}`, unreadWords)];
  return [finding('SOURCE_WEBHOOK', about, 'warning', `no webhook leads to /hooks/${source.name}`, bareWords(source.name))];
}

/** Those that lead here; undefined where they may not be read, or the plugin is not there. */
async function remotesOf({ client, source, asking }: GerritQuestion, project: string): Promise<readonly Found[] | undefined> {
  const path = `/config/server/webhooks~projects/${encodeURIComponent(project)}/remotes/`;
  const found = await client.get(Remotes, path, asking);
  if ('missing' in found) return undefined;
  return Object.entries(found.data).flatMap(([name, remote]) =>
    leadsHere(remote.url, source.name) ? [{ ...remote, name: `webhook ${name} of ${project}` }] : [],
  );
}

/** The secret may follow the source's name. */
function leadsHere(url: string | undefined, source: string): boolean {
  if (url === undefined || !URL.canParse(url)) return false;
  const segments = new URL(url).pathname.split('/');
  return [segments.indexOf('hooks')].some((at) => at >= 0 && segments[at + 1] === source);
}

function remoteFindings(about: string, { name, url = '', events, ssl_verify: verifies }: Found): readonly Finding[] {
  const faults = [
    ...(events.length > 0 && !events.includes('ref-updated') ? [{ what: 'does not send ref-updated', own: eventWords }] : []),
    ...(url.startsWith('https:') && !verifies ? [{ what: 'does not verify our certificate', own: verifyWords }] : []),
    ...(url.startsWith('http:') && !isLoopback(new URL(url).hostname.replace(/^\[|\]$/g, ''))
      ? [{ what: 'sends its secret without TLS', own: verifyWords }]
      : []),
  ];
  if (faults.length > 0) return faults.map(({ what, own }) => finding('SOURCE_WEBHOOK', about, 'warning', `${name} ${what}`, own));
  return [finding('SOURCE_WEBHOOK', about, 'good', `${name}: sends ${events.length === 0 ? 'all events' : events.join(', ')}`)];
}

const eventWords = {
  without: 'What is pushed and submitted is still found by stream-events where it is listened to, and by the sweep.',
  mend: 'Install it again: docs/how-to/gerrit-webhooks.md.',
} as const;
const verifyWords = {
  without: 'Everything works; whoever is between Gerrit and Headgate can read the secret and send deliveries.',
  mend: 'Give it an https address and `ssl_verify: true`: docs/how-to/gerrit-webhooks.md.',
} as const;
const unreadWords = {
  without: 'Everything works; whether a webhook is set up is not known, or Gerrit has no plugin webhooks.',
  mend: 'Give the account *Read* on refs/meta/config, and see that the plugin webhooks is installed: docs/how-to/gerrit-webhooks.md.',
} as const;

function bareWords(source: string): { readonly mend: string } {
  return { mend: `Install one that leads to /hooks/${source}: docs/how-to/gerrit-webhooks.md.` };
}

/** Whether the optional plugin events-log answers. Asked for a time to come, which is answered with nothing. @throws HeadgateError SOURCE_… */
export async function checkEventsLog({ client, about, asking }: GerritQuestion): Promise<readonly Finding[]> {
  const found = await client.text(`/plugins/events-log/events/${query({ t1: '2999-01-01 00:00:00' })}`, asking);
  const message =
    'data' in found
      ? 'the plugin events-log is there'
      : 'the plugin events-log is not there, and is not needed: what was missed is found by the sweep';
  return [finding('SOURCE_CATCH_UP', about, 'good', message)];
}
